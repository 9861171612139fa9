import { type Counts, type Sample, SUMS } from "./counts.ts";
import { durationText, horizonFor } from "./horizon.ts";
import { type Recommendation, snippet } from "./recommendation.ts";

export interface Surveyed {
  readonly topics: ReadonlyMap<string, Counts>;
  readonly total: Counts;
  readonly header: string | undefined;
  readonly interrupted: boolean;
  readonly recommendation: Recommendation;
}

const number = new Intl.NumberFormat("en");

/** For people. */
export function surveyLines(surveyed: Surveyed): string[] {
  const { interrupted, recommendation, topics, total } = surveyed;
  return [
    ...[...topics].flatMap(([topic, counts]) => block(topic, counts, surveyed).concat("")),
    ...(topics.size > 1 ? [...block("all topics", total, surveyed), ""] : []),
    ...total.unfinished.map((text) => `not read to its end: ${text}`),
    ...(total.unfinished.length > 0 ? [""] : []),
    ...(interrupted ? ["Interrupted: this is what was read until then.", ""] : []),
    ...recommendation.advice.map((text) => `- ${text}`),
    "",
    "A configuration to begin with:",
    "",
    ...snippet(recommendation)
      .trimEnd()
      .split("\n")
      .map((text) => `  ${text}`),
  ];
}

function block(title: string, counts: Counts, { header }: Surveyed): string[] {
  const { lanes, records } = counts;
  const alone = header === undefined ? "seen once" : "by one source only";
  const rows: (readonly [string, number, string?])[] = [
    ["records", records],
    ["changes", counts.changes],
    [header === undefined ? "  seen again" : "  by every source", counts.everywhere],
    [`  ${alone}`, counts.singleSource, ...asides(counts)],
    ["duplicates", counts.duplicates],
    ["  copies", counts.copies],
    ["  re-deliveries", counts.redeliveries],
    ["  ambiguous", counts.ambiguous],
    ["divergences", counts.divergences],
    ["unidentifiable", counts.unidentifiable],
    ["snapshot rows", counts.snapshotRows],
    ["tombstones", counts.tombstones],
    ["passed", counts.passed],
    ["ignored", counts.ignored],
    ["null keys", counts.nullKeys],
    ["order violations", counts.orderViolations],
  ];
  const shown = rows.filter(([name, count, aside]) => count > 0 || aside !== undefined || ALWAYS.has(name.trim()));
  const width = Math.max(...shown.map(([, count]) => number.format(count).length));
  return [
    `${title} (${lanes} lane${lanes === 1 ? "" : "s"}${spanOf(counts)})`,
    ...shown.map(
      ([name, count, aside = ""]) =>
        `  ${name.padEnd(22)} ${number.format(count).padStart(width)}${aside === "" ? "" : `  ${aside}`}`,
    ),
    ...latenessLine(counts),
    ...sourceLine(counts),
    ...sampleLines(counts),
  ];
}

const ALWAYS = new Set([
  "records",
  "changes",
  "duplicates",
  "by one source only",
  "seen once",
  "divergences",
  "unidentifiable",
]);

function asides({ singleAtBeginning: beginning, singleAtEnd: end }: Counts): [] | [string] {
  const said = [
    ...(beginning > 0 ? [`${number.format(beginning)} more at the beginning, before the sources meet`] : []),
    ...(end > 0 ? [`${number.format(end)} more at the end, which may still come`] : []),
  ];
  return said.length === 0 ? [] : [`(${said.join("; ")})`];
}

function spanOf({ firstTimestamp, lastTimestamp }: Counts): string {
  if (lastTimestamp < firstTimestamp) return "";
  return `, ${new Date(firstTimestamp).toISOString()} to ${new Date(lastTimestamp).toISOString()}`;
}

function latenessLine({ lateness, latenessMaxAt, latenessMaxMs }: Counts): string[] {
  if (latenessMaxMs === null) return [];
  const [p50, p99] = [lateness.percentile(50) ?? 0, lateness.percentile(99) ?? 0];
  return [
    `  second copy after      p50 ${durationText(Math.min(p50, latenessMaxMs))}, p99 ${durationText(Math.min(p99, latenessMaxMs))}, longest ${durationText(latenessMaxMs)} (${latenessMaxAt})`,
  ];
}

function sourceLine({ changes, sources }: Counts): string[] {
  return [...sources]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, { firsts, records }]) =>
        `  source ${name.padEnd(15)} ${number.format(records)} records, first with ${number.format(firsts)} changes (${changes === 0 ? 0 : Math.round((100 * firsts) / changes)} %)`,
    );
}

const SHOWN_SAMPLES = 3;

function sampleLines({ samples }: Counts): string[] {
  return [...samples].flatMap(([kind, of]) =>
    of
      .slice(0, SHOWN_SAMPLES)
      .map(({ at, count, what }: Sample) => `  ${kind}: ${what} (${number.format(count)}x, such as ${at})`),
  );
}

/** The same as one object. */
export function surveyJson({ interrupted, recommendation, topics, total }: Surveyed): Record<string, unknown> {
  return {
    complete: !interrupted && total.unfinished.length === 0,
    interrupted,
    topics: Object.fromEntries([...topics].map(([topic, counts]) => [topic, countsJson(counts)])),
    total: countsJson(total),
    recommendation,
  };
}

function countsJson(counts: Counts): Record<string, unknown> {
  const { firstTimestamp, lastTimestamp, lateness, latenessMaxAt, latenessMaxMs, samples, sources, unfinished } =
    counts;
  return {
    ...Object.fromEntries(SUMS.map((name) => [name, counts[name]])),
    firstTimestamp: Number.isFinite(firstTimestamp) ? firstTimestamp : null,
    lastTimestamp: Number.isFinite(lastTimestamp) ? lastTimestamp : null,
    lateness:
      latenessMaxMs === null
        ? null
        : {
            p50Ms: Math.min(lateness.percentile(50) ?? 0, latenessMaxMs),
            p99Ms: Math.min(lateness.percentile(99) ?? 0, latenessMaxMs),
            maxMs: latenessMaxMs,
            maxAt: latenessMaxAt,
            horizonMs: horizonFor(latenessMaxMs).ms,
          },
    sources: Object.fromEntries(sources),
    samples: Object.fromEntries(samples),
    unfinished,
  };
}
