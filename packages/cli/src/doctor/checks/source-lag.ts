import { durationText, horizonFor } from "../../survey/horizon.ts";
import { type Check, failure, type Finding, ok, orOk, skipped, warning } from "../check.ts";
import { type NewestChanges, WINDOW_MS } from "../newest-changes.ts";

/** As the survey recommends it. */
const HEADROOM = 1.5;
const WINDOW = durationText(WINDOW_MS);

/** How far each source is behind: its own delay, or how much newer the leader's newest change is. */
export function lagsOf({ sources }: NewestChanges): ReadonlyMap<string, number> {
  const leader = Math.max(...[...sources.values()].map(({ sourceMs }) => sourceMs));
  return new Map(
    [...sources].map(([name, { readMs, sourceMs }]) => [name, Math.max(0, leader - sourceMs, readMs - sourceMs)]),
  );
}

export const sourceLag: Check = {
  id: "sources.horizon",
  about: `\`dedup.horizon\` exceeds what the sources lag behind each other and the database, by the changes of the last ${WINDOW}.`,
  async look(patient) {
    const { horizon } = patient.config.dedup;
    const newest = await patient.newest.need();
    const lags = lagsOf(newest);
    if (lags.size === 0) return skipped(`no change of the last ${WINDOW} was read`);
    const [[slowest, lag] = ["", 0]] = [...lags].toSorted(([, a], [, b]) => b - a);
    const latest = Math.max(lag, newest.counts.latenessMaxMs ?? 0);
    const who = slowest === "" ? "" : `, ${slowest} being the slowest`;
    const said = `changes come up to ${durationText(latest)} late${who}; dedup.horizon is ${durationText(horizon)}`;
    const fix = `set dedup.horizon to ${horizonFor(latest).text} or more before the pipeline's first start, and let ${slowest === "" ? "the connectors" : slowest} catch up`;
    if (latest >= horizon) return failure(`${said}: copies that come later are late`, fix);
    return latest * HEADROOM > horizon ? warning(said, fix) : ok(said);
  },
};

export const sourcesSeen: Check = {
  id: "sources.seen",
  about: `Every source of \`dedup.sources.names\` has sent a change within the last ${WINDOW}, and no other has.`,
  async look(patient) {
    const { sources } = patient.config.dedup;
    if (sources === undefined)
      return warning(
        "dedup.sources is not set: equal changes of one row within one transaction count as one",
        "add an InsertHeader to each connector, and set dedup.sources: { header: ... }",
      );
    const newest = await patient.newest.need();
    if (newest.counts.records === 0) return skipped(`no record of the last ${WINDOW} was read`);
    const seen = [...newest.counts.sources.keys()].toSorted();
    const found = [...silent(sources.names, seen), ...strangers(sources.names, seen, sources.header)];
    if (sources.names === undefined && seen.length < 2)
      found.push(
        warning(
          `only ${seen.join(", ") || "no source"} is named by the header ${sources.header}: there is no second copy of a change`,
          "see whether the other connector runs, and has its InsertHeader",
        ),
      );
    return orOk(found, `${seen.join(", ")} have sent changes`);
  },
};

function silent(expected: readonly string[] | undefined, seen: readonly string[]): Finding[] {
  const missing = (expected ?? []).filter((name) => !seen.includes(name));
  if (missing.length === 0) return [];
  return [
    warning(
      `${missing.join(" and ")} sent nothing in the last ${WINDOW}: without a second source, the next outage is felt`,
      "see whether that connector runs (connect.running), and has its InsertHeader",
    ),
  ];
}

function strangers(expected: readonly string[] | undefined, seen: readonly string[], header: string): Finding[] {
  const others = expected === undefined ? [] : seen.filter((name) => !expected.includes(name));
  if (others.length === 0) return [];
  return [
    failure(
      `the header ${header} names ${others.join(" and ")}, which is not in dedup.sources.names: its records are rejected`,
      `add ${others.join(" and ")} to dedup.sources.names, or mend the connector's InsertHeader`,
    ),
  ];
}
