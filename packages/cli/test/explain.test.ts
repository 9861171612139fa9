import type { IdentityStrategy } from "@tandem-cdc/core";
import { contentIdentity, debeziumIdentity } from "@tandem-cdc/debezium";
import { loadHash } from "@tandem-cdc/dedup";
import { describe, expect, it } from "vitest";
import { explain, type Explanation, type Question, recordAt } from "../src/explain/explanation.ts";
import { explanationLines } from "../src/explain/report.ts";
import { actionOf, type Answer, differenceOf, reasonOf } from "../src/explain/words.ts";
import { dedupStage } from "../src/run/dedup-stage.ts";
import { change, logOf, type Told } from "./log.ts";
import { least, parse, put, type Tree } from "./support.ts";

const TOPIC = "cdc.shop.orders";
const SOURCES = debeziumIdentity({ sources: { header: "connector" } });

interface Asked {
  readonly identity?: IdentityStrategy;
  readonly since?: number | "all";
  readonly dedup?: Tree;
  readonly start?: number;
  readonly partitions?: number;
}

async function question(entries: readonly (Told | null)[], offset: number, asked: Asked = {}): Promise<Question> {
  const { identity = SOURCES, partitions = 1, since = "all", start = 0 } = asked;
  const { config } = parse(least((c) => put(c, ["dedup"], { ...asked.dedup })));
  const hash = await loadHash();
  return {
    reader: logOf(
      TOPIC,
      entries.map((told) => (told === null ? null : change(told))),
      { partitions, start },
    ),
    lane: { topic: TOPIC, partition: 0 },
    partitions,
    start,
    end: entries.length,
    signal: new AbortController().signal,
    offset,
    since,
    pipeline: "orders",
    identity,
    stage: (used, keyStore, clock) => dedupStage(config, { identity: used, keyStore, hash, clock }),
    horizonMs: config.dedup.horizon,
    header: "connector",
  };
}

async function explained(entries: readonly (Told | null)[], offset: number, asked?: Asked): Promise<Explanation> {
  const asking = await question(entries, offset, asked);
  const record = await recordAt(asking);
  if (record === null) throw new Error("there is no record");
  return explain(asking, record);
}

function answerOf(explanation: Explanation, more: Partial<Answer> = {}): Answer {
  return {
    ...explanation,
    lane: `${TOPIC}-0`,
    floor: null,
    store: null,
    late: "dead-letter",
    divergenceTopic: false,
    ...more,
  };
}

const A = (sequence: number, more: Partial<Told> = {}): Told => ({
  source: "a",
  sequence,
  after: `${sequence}`,
  ...more,
});
const B = (sequence: number, more: Partial<Told> = {}): Told => ({ ...A(sequence, more), source: "b" });

/** The last one is a copy of the second. */
const LATE = [A(1), A(2), B(1), A(3, { atMs: 50_000 }), B(2, { atMs: 60_000 })];

describe("explain", () => {
  const pairs = [A(1), A(2), B(1), A(3), B(2), B(3)];

  it("says of a first copy that it owns its key, and names the fields of its identity", async () => {
    const found = await explained(pairs, 3);
    expect(found).toMatchObject({ fate: { kind: "emitted", reason: "first" }, source: "a", owner: { offset: 3 } });
    expect(found.strategy).toBe("debezium-sources 1");
    expect(found.fields.map(({ value }) => value)).toEqual(expect.arrayContaining(["u", '{"id":1}', 3, 101]));
    expect(found.claimed?.claims.buckets[0]).toBe(0);
  });

  it("says of a second copy which record owns the key, with its source and time", async () => {
    const found = await explained(pairs, 4);
    expect(found.fate).toEqual({ kind: "dropped", reason: "duplicate" });
    expect(found.owner).toEqual({ offset: 1, source: "a", timestamp: Date.UTC(2026, 0, 1) });
    expect(reasonOf(answerOf(found))).toBe("it is a duplicate: 1 by source a at 2026-01-01T00:00:00.000Z owns the key");
  });

  it("does not find a copy that lies before what it reads, and says where it began", async () => {
    const content = contentIdentity({ except: ["source", "ts_ms"] });
    const found = await explained(LATE, 4, { since: 20_000, identity: content });
    expect(found).toMatchObject({ readFrom: 3, fate: { kind: "emitted", reason: "first" } });
    expect(reasonOf(answerOf(found))).toContain("from 3 on");
    expect(differenceOf(answerOf(found, { store: { owner: 1 } }))).toMatch(/before 3.*--since/);
  });

  it("calls nothing late only because it began to read after its first copy", async () => {
    const found = await explained(LATE, 4, { since: 20_000, identity: debeziumIdentity() });
    expect(found).toMatchObject({ readFrom: 0, fate: { kind: "dropped", reason: "duplicate" }, owner: { offset: 1 } });
  });

  it("says what is late, by the position that the lane has left behind", async () => {
    const found = await explained([A(5), A(6), B(2)], 2, { dedup: { horizon: "1h" } });
    expect(found.fate).toMatchObject({ kind: "diverted", reason: "late", context: { position: "2" } });
    expect(reasonOf(answerOf(found))).toMatch(/^it is late: .*goes to the topic for late changes/);
    expect(["dead-letter", "drop", "fail"].map((late) => actionOf(answerOf(found, { late })))).toEqual([
      "diverted",
      "dropped",
      "stopped",
    ]);
  });

  it("reads further back than it is told, until it has the whole transaction of the record", async () => {
    const long = [
      A(1),
      A(2, { key: 1 }),
      A(2, { key: 2, pos: 201, atMs: 40_000 }),
      A(2, { key: 3, pos: 202, atMs: 41_000 }),
    ];
    const found = await explained(long, 3, { since: 2_000 });
    expect(found.readFrom).toBe(0);
    expect(found.seen?.aligned).toBe(true);
  });

  it("tells a divergence from a duplicate", async () => {
    const found = await explained([A(1), A(2), B(1), B(2, { after: "other" })], 3);
    expect(found.fate.reason).toBe("divergence");
    expect(reasonOf(answerOf(found))).toMatch(/^it is a copy of 1 by source a .* diverged$/);
  });

  it("knows re-deliveries, late snapshots, and what cannot be identified", async () => {
    expect((await explained([A(1), A(2), A(1)], 2)).fate).toEqual({ kind: "dropped", reason: "redelivery" });
    const rows = [A(1), B(0, { snapshot: true })];
    expect((await explained(rows, 1)).fate).toEqual({ kind: "dropped", reason: "late-snapshot" });
    expect((await explained(rows, 1, { dedup: { snapshots: "emit" } })).fate.kind).toBe("emitted");
    const odd = await explained([{ ...A(1), source: "" }], 0);
    expect(odd).toMatchObject({ fate: { kind: "rejected" }, claimed: null, owner: null });
    expect(odd.fate.detail).toMatch(/header "connector" is missing/);
  });

  it("says what stops the lane, here or before", async () => {
    const keyless = [A(1), A(2, { key: null }), A(3)];
    expect(await explained(keyless, 1, { partitions: 4 })).toMatchObject({
      fate: { kind: "stopped", reason: "LANE_NULL_KEY", detail: expect.stringMatching(/^this record stops the lane/) },
    });
    expect((await explained(keyless, 2, { partitions: 4 })).fate.detail).toMatch(/before this one, stops the lane/);
  });

  it("finds no record in a gap", async () => {
    expect(await recordAt(await question([A(1), null, A(2)], 1))).toBeNull();
  });

  it("compares with what the store says", async () => {
    const found = await explained(pairs, 4);
    const difference = (owner: number | null, floor: number | null): string | null =>
      differenceOf(answerOf(found, { store: { owner }, floor }));
    expect(difference(1, 6)).toBeNull();
    expect(difference(null, 2)).toMatch(/not processed the record yet/);
    expect(difference(null, 6)).toMatch(/has expired/);
    expect(difference(4, 6)).toMatch(/later copy/);
    expect(differenceOf(answerOf(found, { store: { silent: "it is the memory" }, floor: 6 }))).toBeNull();
  });

  it("says it in lines", async () => {
    const found = await explained(pairs, 4);
    const lines = explanationLines(answerOf(found, { floor: 6, store: { owner: 1 } }));
    expect(lines[0]).toBe("cdc.shop.orders-0@4 (processed)");
    expect(lines).toContain("  it is          a streamed change");
    expect(lines.at(-1)).toMatch(/^ {2}was dropped {4}it is a duplicate: 1 by source a/);
    expect(explanationLines(answerOf(found)).at(-1)).toMatch(/^ {2}would be dropped it is a duplicate/);
  });
});
