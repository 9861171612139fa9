import { type Batch, type LaneContext, laneId, type OutcomesBuilder, type Owners, TandemError } from "@tandem-cdc/core";
import type { Identification } from "./identification.ts";
import type { Late, LowBoundary } from "./low-boundary.ts";
import type { RowRule } from "./row-rule.ts";
import type { Tally } from "./tally.ts";

/** What becomes of a change that is late. */
export type LateFate = "dead-letter" | "drop" | "emit" | "fail";

/** The rules of one lane, and what they go by. */
export interface Rules {
  readonly rows: RowRule;
  readonly boundary: LowBoundary;
  readonly late: LateFate;
  readonly lateTopic: string;
  /** Null: what has diverged is dropped. */
  readonly divergenceTopic: string | null;
  readonly tombstones: "regenerate" | "drop";
}

/** What the lane tells while it decides. */
export interface Telling {
  readonly tally: Tally;
  /** Tells a person, once while the lane is open. */
  readonly note: (topic: string, text: string) => void;
}

type Fate = "emit" | "duplicate" | "possible-duplicate" | "divergence";

/** The owner rule. A duplicate that cannot be trusted to be one (unaligned, other content) is emitted: nothing is lost. */
function fateOf(i: number, own: number, { aligned, entry, fingerprint }: Identification, owners: Owners): Fate {
  const e = entry[i] ?? 0;
  if ((owners.coordinates[e] ?? -1) >= own) return "emit";
  if (fingerprint[i] === owners.fingerprints[e]) return "duplicate";
  return aligned[i] === 1 ? "divergence" : "possible-duplicate";
}

/** Decides on the records of one part of a batch, whose claims have been answered. */
export function decide(
  batch: Batch,
  rules: Rules,
  part: Identification,
  owners: Owners,
  outcomes: OutcomesBuilder,
  telling: Telling,
): void {
  const { tally } = telling;
  for (let i = part.from; i < part.to; i++) {
    const verdict = part.verdicts[i];
    const source = part.source[i];
    const own = batch.offset(i);
    if (verdict === undefined || verdict instanceof Error) {
      outcomes.reject(i, verdict ?? new Error("the record was not identified"));
      continue;
    }
    if (verdict === "pass") continue;
    if (verdict === "tombstone" || verdict === "redelivery" || verdict === "ignored") {
      outcomes.drop(i, verdict);
      tally.count(verdict, source);
      continue;
    }
    if (part.entry[i] === -1) {
      dropRow(i, source, rules, outcomes, telling);
      continue;
    }
    const fate = fateOf(i, own, part, owners);
    if (fate === "duplicate" || fate === "divergence") {
      const first = owners.coordinates[part.entry[i] ?? 0] ?? -1;
      dropCopy(i, fate, source, first, rules, outcomes, tally);
      if (fate === "divergence") noteDivergence(batch, i, source, first, rules, telling);
      continue;
    }
    if (part.streamed[i] === 1) {
      const late = fate === "emit" ? lateness(i, own, rules, part) : undefined;
      if (late !== undefined && !passes(late, i, batch, source, rules, outcomes, telling)) continue;
      rules.rows.streamed(own);
      rules.boundary.emitted(own, part.domain[i] ?? "", part.position[i] ?? Number.NaN, part.timeMs[i] ?? Number.NaN);
    }
    if (fate === "possible-duplicate") {
      tally.count("possible-duplicate");
      telling.note(
        "possible-duplicate",
        `record ${laneId(batch.lane)}@${own}${of(source)} may be a second copy: the beginning of its transaction was not seen, so it is emitted (docs/late-and-diverged.md)`,
      );
    }
    tally.count("first", source);
    if (part.deletes[i] === 1 && rules.tombstones === "regenerate") outcomes.replace(i, [{}, { value: null }]);
  }
}

function dropRow(
  i: number,
  source: string | undefined,
  { rows }: Rules,
  outcomes: OutcomesBuilder,
  { note, tally }: Telling,
): void {
  outcomes.drop(i, rows.reason);
  if (rows.reason !== "late-snapshot") return;
  tally.count("late-snapshot", source);
  note(
    "late-snapshot",
    `a snapshot${of(source)} came after the lane had begun to stream: its rows are dropped, because they may be older than what was emitted. ` +
      "After purged binlogs they are the only carrier of what was missed: then let them pass once with dedup.snapshots: emit (docs/late-and-diverged.md).",
  );
}

function dropCopy(
  i: number,
  fate: "duplicate" | "divergence",
  source: string | undefined,
  first: number,
  { divergenceTopic }: Rules,
  outcomes: OutcomesBuilder,
  tally: Tally,
): void {
  tally.count("duplicate", source);
  if (fate === "divergence") tally.count("divergence", source);
  if (fate === "divergence" && divergenceTopic !== null)
    outcomes.divert(i, divergenceTopic, fate, { first: String(first), ...named(source) });
  else outcomes.drop(i, "duplicate");
}

function noteDivergence(
  batch: Batch,
  i: number,
  source: string | undefined,
  first: number,
  { divergenceTopic }: Rules,
  { note }: Telling,
): void {
  const fate = divergenceTopic === null ? "dropped" : `sent to ${divergenceTopic}`;
  note(
    "divergence",
    `record ${laneId(batch.lane)}@${batch.offset(i)}${of(source)} differs in content from the first copy at offset ${first}: it is ${fate} (docs/late-and-diverged.md)`,
  );
}

/** A source, in a sentence. */
function of(source: string | undefined): string {
  return source === undefined ? "" : ` of source "${source}"`;
}

function lateness(i: number, own: number, { boundary }: Rules, { domain, position, timeMs }: Identification) {
  return boundary.late(own, domain[i] ?? "", position[i] ?? Number.NaN, timeMs[i] ?? Number.NaN);
}

/** Whether a late change goes on all the same. */
function passes(
  late: Late,
  i: number,
  batch: Batch,
  source: string | undefined,
  { late: fate, lateTopic }: Rules,
  outcomes: OutcomesBuilder,
  { note, tally }: Telling,
): boolean {
  const said = `change ${laneId(batch.lane)}@${batch.offset(i)}${of(source)} is late: ${explained(late)}`;
  if (fate === "fail")
    throw new TandemError(
      "LANE_LATE_CHANGE",
      `${said}, and dedup.late is "fail". If what it says is old, go on with dedup.late: dead-letter (or drop); if it was never emitted and is wanted, with dedup.late: emit until it has passed (docs/late-and-diverged.md).`,
    );
  tally.count("late", source);
  note("late", `${said} (dedup.late: ${fate}; docs/late-and-diverged.md)`);
  if (fate === "emit") return true;
  if (fate === "drop") outcomes.drop(i, "late");
  else {
    const { boundary, by, domain, place, why } = late;
    const where = { by, [by]: String(place), boundary: String(boundary), ...(domain === "" ? {} : { domain }) };
    outcomes.divert(i, lateTopic, "late", { ...where, why, ...named(source) });
  }
  return false;
}

function explained({ boundary, by, domain, place, why }: Late): string {
  const where = `${by} ${place}${domain === "" ? "" : ` of domain ${domain}`}`;
  return why === "before-first-emitted"
    ? `its ${where} lies before ${boundary}, where the lane's output begins`
    : `nobody has claimed it, and its ${where} is not above ${boundary}, which was emitted more than a horizon ago`;
}

function named(source: string | undefined): Readonly<Record<string, string>> {
  return source === undefined ? {} : { source };
}

/** Notes of one lane while it is open: each topic once. */
export function onceEach(context: LaneContext): Telling["note"] {
  const told = new Set<string>();
  return (topic, text) => {
    if (told.has(topic)) return;
    told.add(topic);
    context.note(text);
  };
}
