import { type Batch, type Identified, type LaneIdentity, TandemError } from "@tandem-cdc/core";
import type { Columns } from "./columns.ts";
import type { RowRule } from "./row-rule.ts";

/** What a lane's records are identified with. */
export interface Identifying {
  readonly identity: LaneIdentity;
  readonly columns: Columns;
  readonly rows: RowRule;
}

/**
 * What records `from` to `to` of a batch are, before the store is asked: `entry[i]` is the claim that record i goes by, or
 * -1 where it makes none.
 */
export interface Identification {
  readonly from: number;
  readonly to: number;
  readonly verdicts: readonly Identified[];
  readonly entry: Int32Array;
  readonly fingerprint: Uint32Array;
  readonly aligned: Uint8Array;
  readonly deletes: Uint8Array;
  readonly source: readonly (string | undefined)[];
  /** 1 where the record is a streamed change, whose place in the order is known as far as these three tell. */
  readonly streamed: Uint8Array;
  readonly domain: readonly string[];
  readonly position: Float64Array;
  readonly timeMs: Float64Array;
}

function withoutIdentity(): TandemError {
  return new TandemError(
    "RECORD_UNIDENTIFIABLE",
    "the identity strategy wrote no identity: every record would be a copy of every other",
  );
}

/**
 * Identifies the records of a batch in order, with their claims in the lane's columns: in one part, as a rule. Where a
 * snapshot's row depends on the fate of a change before it, that part ends, to be claimed and decided before the next
 * one is asked for. The first occurrence of a key in the part stands for all of them.
 */
export function* identify(batch: Batch, { columns, identity, rows }: Identifying): Generator<Identification> {
  const { length } = batch;
  const made = {
    verdicts: [] as Identified[],
    entry: new Int32Array(length).fill(-1),
    fingerprint: new Uint32Array(length),
    aligned: new Uint8Array(length),
    deletes: new Uint8Array(length),
    source: [] as (string | undefined)[],
    streamed: new Uint8Array(length),
    domain: [] as string[],
    position: new Float64Array(length),
    timeMs: new Float64Array(length),
  };
  const { writer } = columns;
  let from = 0;
  let changes = false;
  columns.reset(length);
  for (let i = 0; i < length; i++) {
    writer.reset();
    const said = identity.identify(batch, i, writer);
    const verdict = (said === "change" || said === "snapshot") && writer.isEmpty ? withoutIdentity() : said;
    if (verdict === "snapshot" && changes && rows.areOpen) {
      yield { ...made, from, to: i };
      from = i;
      changes = false;
      columns.reset(length);
    }
    made.verdicts.push(verdict);
    made.source.push(writer.source);
    made.domain.push(writer.domain);
    made.position[i] = writer.position;
    made.timeMs[i] = writer.timeMs;
    const streamed = verdict === "change" && writer.streamed;
    made.streamed[i] = streamed ? 1 : 0;
    if (streamed) changes = true;
    const claims = verdict === "change" || (verdict === "snapshot" && rows.mayPass(batch.offset(i)));
    if (!claims) continue;
    made.entry[i] = columns.add(batch.offset(i));
    made.fingerprint[i] = columns.fingerprint;
    made.aligned[i] = writer.aligned ? 1 : 0;
    made.deletes[i] = writer.deletes ? 1 : 0;
  }
  yield { ...made, from, to: length };
}
