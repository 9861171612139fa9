import { contentIdentity, debeziumIdentity } from "@tandem-cdc/debezium";
import { loadHash } from "@tandem-cdc/dedup";
import { describe, expect, it } from "vitest";
import { ChangeTable } from "../src/survey/change-table.ts";
import { durationText, horizonFor } from "../src/survey/horizon.ts";
import { recommendation, snippet } from "../src/survey/recommendation.ts";
import { surveyJson, surveyLines, type Surveyed } from "../src/survey/report.ts";
import { surveyTopics, type TopicsSurveyOptions } from "../src/survey/topics-survey.ts";
import { change, logOf, type Told } from "./log.ts";
import { least, parse } from "./support.ts";

const TOPIC = "cdc.shop.orders";
const NOW = Date.UTC(2026, 0, 1) + 86_400_000;

interface Asked extends Partial<TopicsSurveyOptions> {
  readonly partitions?: number;
}

async function surveyed(entries: readonly (Told | null)[], asked: Asked = {}): Promise<Surveyed> {
  const { header = "connector", partitions = 1, ...more } = asked;
  const named = "header" in asked ? asked.header : header;
  const found = await surveyTopics({
    identity: debeziumIdentity(named === undefined ? {} : { sources: { header: named } }),
    hash: await loadHash(),
    maxChanges: 1_000,
    reader: logOf(
      TOPIC,
      entries.map((told) => (told === null ? null : change(told))),
      { partitions },
    ),
    topics: [TOPIC],
    since: "all",
    now: NOW,
    signal: new AbortController().signal,
    ...more,
    header: named,
  });
  const recommended = recommendation(parse(least()).config, { ...found, header: named });
  return { ...found, header: named, interrupted: false, recommendation: recommended };
}

const A = (sequence: number, more: Partial<Told> = {}): Told => ({
  source: "a",
  sequence,
  after: `${sequence}`,
  ...more,
});
const B = (sequence: number, more: Partial<Told> = {}): Told => ({ ...A(sequence, more), source: "b" });

interface Sql {
  readonly connector: "sqlserver";
  readonly change: number;
  readonly commit?: number;
}

/** A change of SQL Server at this place of its log. */
function sql(from: string, { change: at, commit = 1, connector }: Sql): ReturnType<typeof change> {
  const lsn = (n: number): string => `00000027:${n.toString(16).padStart(8, "0")}:0001`;
  const source = {
    connector,
    db: "shop",
    schema: "dbo",
    table: "orders",
    ts_ms: commit,
    snapshot: "false",
    commit_lsn: lsn(commit * 16),
    change_lsn: lsn(commit * 16 - at),
    event_serial_no: 1,
  };
  const made = change({ source: from, sequence: commit });
  if (made === null) return null;
  return {
    ...made,
    value: new TextEncoder().encode(JSON.stringify({ before: null, after: { id: 1 }, source, op: "u" })),
  };
}

/** b comes a second after a. */
const PAIR = [1, 2, 3, 4].flatMap((n) => [A(n, { atMs: n * 10_000 }), B(n, { atMs: n * 10_000 + 1_000 })]);

describe("survey", () => {
  it("counts changes, copies, and how late the second copies are", async () => {
    const { total } = await surveyed(PAIR);
    expect(total).toMatchObject({ records: 8, changes: 4, everywhere: 4, copies: 4, duplicates: 4, singleSource: 0 });
    expect(total).toMatchObject({ latenessMaxMs: 1_000, divergences: 0, ambiguous: 0, orderViolations: 0 });
    expect(total.lateness.percentile(50)).toBeGreaterThan(900);
    expect(total.sources).toEqual(
      new Map([
        ["a", { records: 4, firsts: 4 }],
        ["b", { records: 4, firsts: 0 }],
      ]),
    );
  });

  it("tells what one source lacks from what its copies may still come of, or have come before", async () => {
    // b begins at 3, lacks 5, and is at 6 when the log ends.
    const { total } = await surveyed([A(1), A(2), A(3), B(3), A(4), B(4), A(5), A(6), B(6), A(7), A(8)]);
    expect(total).toMatchObject({ changes: 8, everywhere: 3, singleSource: 1, singleAtBeginning: 2, singleAtEnd: 2 });
    expect(total.samples.get("single source")).toEqual([{ what: "by a only", count: 1, at: `${TOPIC}-0@6` }]);
  });

  it("without a header, tells what was seen once, and names headers that may be it", async () => {
    const found = await surveyed([...PAIR, A(5), A(6), B(6)], { header: undefined });
    expect(found.total).toMatchObject({ changes: 6, everywhere: 5, copies: 5, singleSource: 1 });
    expect(found.recommendation.advice[0]).toMatch(/^Header "connector" has the values a, b: .*--header connector/);
  });

  it("counts divergences, re-deliveries, snapshot rows, and what cannot be identified, with samples", async () => {
    const { total } = await surveyed([
      A(1),
      A(2),
      B(1),
      B(2, { after: "other" }),
      A(2),
      A(0, { snapshot: true }),
      { ...A(3), source: "" },
    ]);
    expect(total).toMatchObject({ divergences: 1, copies: 2, redeliveries: 1, snapshotRows: 1, unidentifiable: 1 });
    expect(total.duplicates).toBe(3);
    expect(total.samples.get("divergence")).toEqual([
      { what: "copies differ in content", count: 1, at: `${TOPIC}-0@3, first at 1` },
    ]);
    expect(total.samples.get("unidentifiable")?.[0]).toMatchObject({
      what: expect.stringContaining('header "connector" is missing'),
      at: `${TOPIC}-0@6`,
    });
  });

  it("counts changes that lie before what their source had sent", async () => {
    const { total } = await surveyed([A(1, { pos: 100 }), A(3, { pos: 300 }), A(2, { pos: 400 }), A(4, { pos: 500 })]);
    expect(total).toMatchObject({ orderViolations: 1, changes: 4 });
    expect((await surveyed(PAIR)).total.orderViolations).toBe(0);
  });

  it("counts as ambiguous what may be a copy or a change of its own", async () => {
    const { total } = await surveyed([A(1), A(2), A(2, { row: 1 }), B(2)], { header: undefined });
    expect(total).toMatchObject({ changes: 2, ambiguous: 1, copies: 1 });
  });

  it("counts as re-delivered what one source sends again, where the identity is by position, and as no disorder", async () => {
    const SERVER: Sql = { connector: "sqlserver", change: 1 };
    const a = [1, 2, 3].map((n) => sql("a", { ...SERVER, commit: n }));
    const b = [1, 2, 3].map((n) => sql("b", { ...SERVER, commit: n }));
    const { total } = await surveyed([], { reader: logOf(TOPIC, [...a, ...b, ...a.slice(1)]) });
    expect(total).toMatchObject({ changes: 3, copies: 3, redeliveries: 2, ambiguous: 0, orderViolations: 0 });
    const back = await surveyed([], { reader: logOf(TOPIC, [...a.slice(1), ...a.slice(0, 1), ...b]) });
    expect(back.total.orderViolations).toBe(1);
    const advice = back.recommendation.advice.join("\n");
    expect(advice).toMatch(/started again from an earlier position/);
    expect(advice).not.toMatch(/gtid_strict_mode/);
    const maria = await surveyed([A(1, { pos: 100 }), A(3, { pos: 300 }), A(2, { pos: 400 })]);
    expect(maria.recommendation.advice.join("\n")).toMatch(/gtid_strict_mode of MariaDB/);
  });

  it("counts as ambiguous what one source sends twice where the identity is by content", async () => {
    const identity = contentIdentity({ except: ["source", "ts_ms"] });
    const { total } = await surveyed([A(1), A(2), A(1, { pos: 300 })], { identity });
    expect(total).toMatchObject({ changes: 2, ambiguous: 1, redeliveries: 0 });
  });

  it("counts null keys on topics of several partitions, and reads on", async () => {
    const { recommendation: recommended, total } = await surveyed([A(1), A(2, { key: null }), A(3)], { partitions: 3 });
    expect(total).toMatchObject({ lanes: 3, records: 3, nullKeys: 1, changes: 2 });
    expect(recommended.advice.join("\n")).toContain("message.key.columns");
  });

  it("ends a lane where the pipeline would stop, and says so", async () => {
    const repointed = [A(1), A(2), A(9, { pos: 1 }), A(10)];
    const { total } = await surveyed(repointed);
    expect(total.changes).toBe(2);
    expect(total.unfinished).toEqual([expect.stringMatching(new RegExp(`^${TOPIC}-0@2: .*re-pointed`))]);
  });

  it("ends where its memory does, and says so", async () => {
    const found = await surveyed(PAIR, { maxChanges: 2 });
    expect(found.total).toMatchObject({ records: 3, changes: 2 });
    expect(found.total.unfinished[0]).toMatch(/@3: 2 changes are in memory/);
    expect(surveyJson(found)["complete"]).toBe(false);
  });

  it("reads no further back than it is told", async () => {
    const { total } = await surveyed(PAIR, { since: 60_000, now: Date.UTC(2026, 0, 1) + 90_000 });
    expect(total.records).toBe(4);
  });

  it("gives what it knows when it is interrupted", async () => {
    const controller = new AbortController();
    const log = logOf(
      TOPIC,
      PAIR.map((told) => change(told)),
    );
    const reader: typeof log = {
      ...log,
      async *read(lane, from, to, signal) {
        for await (const batch of log.read(lane, from, to, signal)) {
          yield batch;
          controller.abort();
          signal.throwIfAborted();
        }
      },
    };
    const { total } = await surveyed(PAIR, { reader, signal: controller.signal });
    expect(total).toMatchObject({ records: 3, lanes: 1 });
    expect(total.unfinished).toEqual([`${TOPIC}-0: interrupted`]);
  });

  it("says it in lines, with a configuration that is valid", async () => {
    const found = await surveyed([...PAIR, A(5, { atMs: 50_000 }), A(6), B(6)]);
    const lines = surveyLines(found);
    expect(lines[0]).toBe(`${TOPIC} (1 lane, 2026-01-01T00:00:00.000Z to 2026-01-01T00:00:50.000Z)`);
    expect(lines).toContain("  records                11");
    expect(lines).toContain("    by one source only    1");
    expect(lines.join("\n")).toMatch(/source a +6 records, first with 6 changes \(100 %\)/);
    const { config, notices } = parse(snippet(found.recommendation));
    expect(notices).toEqual([]);
    expect(config.dedup.sources).toEqual({ header: "connector", names: ["a", "b"] });
    expect(surveyJson(found)).toMatchObject({
      complete: true,
      total: { changes: 6, lateness: { maxMs: 1_000, horizonMs: 900_000 } },
    });
  });
});

it("recommends a horizon with a margin", () => {
  expect(horizonFor(0).text).toBe("15m");
  expect(horizonFor(600_000).text).toBe("15m");
  expect(horizonFor(600_001).text).toBe("1h");
  expect(horizonFor(36 * 3_600_000).text).toBe("3d");
  expect(horizonFor(30 * 86_400_000)).toEqual({ ms: 45 * 86_400_000, text: "45d" });
  expect([500, 1_500, 300_000, 8_000_000, 200_000_000].map((ms) => durationText(ms))).toEqual([
    "500 ms",
    "1.5 s",
    "5.0 min",
    "2.2 h",
    "2.3 days",
  ]);
});

it("finds changes again by 12 bytes of their digest, however many", () => {
  const table = new ChangeTable(20_000);
  const digest = (n: number): Uint8Array => {
    const bytes = new Uint8Array(16);
    // Alike in all words but one, and in the hash of many.
    new DataView(bytes.buffer).setUint32(n % 3 === 0 ? 0 : 8, n, true);
    return bytes;
  };
  const entries = Array.from({ length: 20_000 }, (_, n) => {
    const entry = table.entryOf(digest(n + 1));
    table.offsets[entry] = n;
    return entry;
  });
  expect(new Set(entries).size).toBe(20_000);
  expect(table.isFull).toBe(true);
  for (const n of [0, 1, 2, 4_095, 4_096, 19_999]) expect(table.offsets[table.entryOf(digest(n + 1))]).toBe(n);
});
