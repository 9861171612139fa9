import { batchOf, type IdentityWriter, type JsonValue, type LaneContext, type PlainRecord } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { describe, expect, it } from "vitest";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const LANE = { topic: "cdc.shop.log", partition: 0 };
const CONTEXT: LaneContext = {
  lane: LANE,
  pipeline: "test",
  partitions: 1,
  startOffset: 0,
  logStart: 0,
  lastTimestamp: null,
  replaying: false,
  note: () => undefined,
  signal: new AbortController().signal,
  state: undefined,
  async *replay() {},
  offsetAt: async () => 0,
  restoring() {},
  report() {},
};
const INTO: IdentityWriter = {
  bytes() {},
  text() {},
  number() {},
  content() {},
  bucket: -1,
  deletes: false,
  aligned: true,
  source: undefined,
  domain: "",
  position: Number.NaN,
  timeMs: Number.NaN,
  streamed: true,
};
const SOURCE =
  '{"connector":"mariadb","db":"shop","table":"log","gtid":"0-1-7","file":"bin.000001","pos":4,"row":0,"snapshot":"false"}';

function event(op: string, key: string | null): PlainRecord {
  const value = encode(`{"before":null,"after":null,"op":"${op}","source":${SOURCE}}`);
  return { offset: 0, timestamp: 0, key: key === null ? null : encode(key), value };
}
const NEITHER: PlainRecord = { offset: 1, timestamp: 0, key: null, value: null };

/** What the records are, and the state behind them. */
async function identified(records: readonly PlainRecord[], state?: JsonValue) {
  const lane = await debeziumIdentity().openLane(CONTEXT, state);
  const verdicts = records.map((_, i) => lane.identify(batchOf(LANE, [...records]), i, INTO));
  return { verdicts, state: lane.state() };
}

// Debezium sends one behind every delete, whether the table has a key or not.
describe("a record with neither key nor value", () => {
  it("is the tombstone of a delete in a table without a key", async () => {
    expect((await identified([event("d", null), NEITHER])).verdicts).toEqual(["change", "tombstone"]);
  });
  it("is that also when the lane starts anew between the two", async () => {
    const { state } = await identified([event("d", null)]);
    expect((await identified([NEITHER], state)).verdicts).toEqual(["tombstone"]);
  });
  it.each([
    ["no delete", []],
    ["a delete with a key", [event("d", '{"id":1}')]],
    ["a keyless change that deletes nothing", [event("c", null), event("t", null)]],
  ])("is rejected where the lane holds %s", async (_, before) => {
    expect((await identified([...before, NEITHER])).verdicts.at(-1)).toMatchObject({ code: "RECORD_UNIDENTIFIABLE" });
  });
});
