import { batchOf, type IdentityStrategy } from "@tandem-cdc/core";
import { contentIdentity, debeziumIdentity } from "@tandem-cdc/debezium";
import { loadHash, memoryStore } from "@tandem-cdc/dedup";
import { describe, expect, it } from "vitest";
import { explain, type Explanation, type Question, recordAt } from "../src/explain/explanation.ts";
import { LanePast } from "../src/explain/lane-past.ts";
import { notInput } from "../src/explain/not-input.ts";
import { explanationJson, explanationLines } from "../src/explain/report.ts";
import { actionOf, type Answer, differenceOf, isDoubtful, kindOf, reasonOf } from "../src/explain/words.ts";
import { contextOf } from "../src/reading/lane-reading.ts";
import { dedupStage } from "../src/run/dedup-stage.ts";
import { change, logOf, type Told } from "./log.ts";
import { least, parse, put, type Tree } from "./support.ts";

const TOPIC = "cdc.shop.orders";
const SOURCES = debeziumIdentity({ sources: { header: "connector" } });

const encoder = new TextEncoder();
const utf8 = (text: string): Uint8Array => encoder.encode(text);

interface Asked {
  readonly identity?: IdentityStrategy;
  readonly since?: number | "all";
  readonly dedup?: Tree;
  readonly start?: number;
  readonly partitions?: number;
  readonly past?: LanePast;
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
    past: asked.past ?? null,
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
    errors: { tolerance: "none" },
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

const DAY = 86_400_000;

/** The lane's state after the pipeline has processed these records, all at one time. */
async function processed(entries: readonly Told[], identity = SOURCES): Promise<LanePast> {
  const now = Date.UTC(2026, 1, 1);
  const clock = { now: () => now, sleep: async () => undefined };
  const { config } = parse(least());
  const { horizon: horizonMs } = config.dedup;
  const keyStore = memoryStore({ horizonMs, maxClaims: 1_000, clock });
  const stage = dedupStage(config, { identity, keyStore, hash: await loadHash(), clock });
  const { lane, reader, ...reading } = await question(entries, 0);
  const context = contextOf({ lane, reader, ...reading }, "orders", 0);
  await stage.openLane?.(context);
  for await (const batch of reader.read(lane, 0, entries.length, context.signal)) await stage.apply(batch, context);
  return new LanePast({ nextOffset: entries.length, stages: { dedup: context.state ?? null } });
}

describe("explain of what a pipeline has processed", () => {
  const late = 10 * DAY;
  /** Copies come ten days later: by the log their claims have expired. */
  const backlog = [A(1), A(2), A(3), A(8, { atMs: late }), B(1, { atMs: late }), B(2, { atMs: late })];

  it("knows a duplicate that was processed while the pipeline caught up, wherever it is told to begin", async () => {
    const found = await explained(backlog, 5, { since: 2 * DAY, past: await processed(backlog) });
    expect(found).toMatchObject({ fate: { kind: "dropped", reason: "duplicate" }, owner: { offset: 1 }, readFrom: 0 });
    expect(found.perhaps).toBe(false);
  });

  it("says perhaps where it cannot know how old claims were", async () => {
    const unknown = await explained(backlog, 5, { since: 2 * DAY });
    expect(unknown).toMatchObject({ readFrom: 0, fate: { reason: "late", context: { why: expect.any(String) } } });
    expect(unknown.perhaps).toBe(true);
    const lines = explanationLines(answerOf(unknown)).join("\n");
    expect(lines).toMatch(/\n {2}perhaps diverted {2}it is late: .*The lane was read from 0 on, and claims age/);
    // An identity without places has no boundary, and so no times in the lane's state.
    const content = contentIdentity({ except: ["source", "ts_ms"] });
    const past = await processed(backlog, content);
    const first = await explained(backlog, 5, { since: 2 * DAY, identity: content, past });
    expect(first).toMatchObject({ readFrom: 3, fate: { reason: "first" }, perhaps: true });
    expect(isDoubtful(answerOf(first, { store: { owner: 5 } }))).toBe(false);
    expect(isDoubtful(answerOf(first, { store: { owner: 1 } }))).toBe(true);
  });

  it("takes the boundary from the lane's state rather than from where it begins to read", async () => {
    const log = [A(5), A(6), A(7, { atMs: 50_000 }), B(2, { atMs: 60_000 })];
    const found = await explained(log, 3, { since: 20_000, past: await processed(log) });
    expect(found).toMatchObject({ fate: { reason: "late", context: { boundary: "5" } }, perhaps: false });
  });

  it("takes from there too that the lane streams", async () => {
    const log = [A(1), B(0, { snapshot: true, atMs: 60_000 })];
    const found = await explained(log, 1, { since: 20_000, past: await processed(log) });
    expect(found).toMatchObject({ readFrom: 1, fate: { reason: "late-snapshot" } });
  });
});

it("refuses topics that the pipeline does not read, and says where to ask", () => {
  const { config } = parse(least((c) => put(c, ["errors"], { tolerance: "all", deadLetter: { topic: "dead" } })));
  const existing = [TOPIC, `dedup.${TOPIC}`, "other", "dead"];
  expect(notInput(config, TOPIC, existing)).toBeUndefined();
  expect(notInput(config, "other", existing)).toBe(`other is no input of pipeline orders, which reads ${TOPIC}.`);
  expect(notInput(config, `dedup.${TOPIC}`, existing)).toMatch(new RegExp(`emits of ${TOPIC}: ask for`));
  expect(notInput(config, "dead", existing)).toMatch(/__connect\.errors/);
});

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

  it("shows what both copies of a divergence say, whole", async () => {
    const long = "x".repeat(500);
    const found = await explained([A(1), A(2, { after: `${long}a` }), B(1), B(2, { after: `${long}b` })], 3);
    expect(found.ownerContents).toEqual([
      { name: "before", value: null },
      { name: "after", value: expect.stringMatching(/xa"\}$/) },
    ]);
    const lines = explanationLines(answerOf(found)).join("\n");
    expect(lines).toMatch(
      /this copy\n +before +null\n +after .*xb"\}\n {2}the first copy +by source a\n.*\n +after .*xa"\}/,
    );
    expect(explanationJson(answerOf(found))).toMatchObject({ contents: [{ name: "before" }, { name: "after" }] });
    expect((await explained(pairs, 3)).ownerContents).toEqual([]);
  });

  it("says where in SQL Server's log a late change lies", async () => {
    const found = answerOf(await explained([A(5), A(6), B(2)], 2));
    const position = String((0x27 * 2 ** 32 + 0x7c8) * 512 + 3 / 65_536);
    const context = { by: "position", position, domain: "lsn shop" };
    const lines = explanationLines({ ...found, fate: { ...found.fate, context } });
    expect(lines.join("\n")).toMatch(/position +\d+(\.\d+)? \(LSN 00000027:000007c8\)\n/);
  });

  it("says what heartbeats are, and what becomes of records at fault", async () => {
    const odd = await explained([{ ...A(1), source: "" }], 0);
    const reason = (errors: Answer["errors"]): string => reasonOf(answerOf(odd, { errors }));
    expect(reason({ tolerance: "none" })).toMatch(/It stops the pipeline \(errors\.tolerance: none\)$/);
    expect(reason({ tolerance: "all" })).toMatch(/dropped and counted/);
    expect(reason({ tolerance: "all", deadLetter: { topic: "dead" } })).toMatch(/It goes to dead/);
    const asking = await question([A(1)], 0);
    const heartbeat = batchOf(asking.lane, [
      { offset: 0, timestamp: 0, key: utf8('{"serverName":"cdc"}'), value: utf8('{"ts_ms":1}'), headers: [] },
    ]);
    const found = answerOf(await explain(asking, heartbeat));
    expect([kindOf(found), reasonOf(found)]).toEqual([
      "a heartbeat of a connector",
      expect.stringMatching(/^heartbeats are ignored/),
    ]);
  });

  it("says it in lines", async () => {
    const found = await explained(pairs, 4);
    const lines = explanationLines(answerOf(found, { floor: 6, store: { owner: 1 } }));
    expect(lines[0]).toBe("cdc.shop.orders-0@4 (processed)");
    expect(lines).toContain("  it is             a streamed change");
    expect(lines.at(-1)).toMatch(/^ {2}was dropped {7}it is a duplicate: 1 by source a/);
    expect(explanationLines(answerOf(found)).at(-1)).toMatch(/^ {2}would be dropped {2}it is a duplicate/);
  });
});
