import { describe, expect, test } from "vitest";
import { EqualChanges } from "../src/connectors/equal-changes.ts";
import { debeziumIdentity, type DebeziumIdentityOptions } from "../src/index.ts";
import { sent, sentBy } from "./events.ts";
import { type Delivery, Player } from "./player.ts";
import { recorded } from "./recorded.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const SOURCES = { sources: { header: "connector", names: ["a", "b"] } };

/** The documented events of a connector as text, with the fields of `changed` replaced. */
function events(connector: string, source: string, changed: Readonly<Record<string, unknown>> = {}): Delivery[] {
  return recorded(`documented-${connector}`).map(({ delivery: { key, value } }) => {
    const event = JSON.parse(decoder.decode(value ?? undefined)) as { source: object };
    const { ts_ms = source === "b" ? 2 : 1, ...inSource } = changed;
    return {
      key,
      value: encoder.encode(JSON.stringify({ ...event, source: { ...event.source, ...inSource }, ts_ms })),
      headers: sentBy(source),
    };
  });
}

/** The delivery with its text, or its key, another. */
function edited(delivery: Delivery, edit: (text: string) => string, key = delivery.key): Delivery {
  return { ...delivery, key, value: encoder.encode(edit(decoder.decode(delivery.value ?? undefined))) };
}

/** Two connectors, one behind the other, the second of which sends all of it twice. */
async function bySources(
  options: DebeziumIdentityOptions,
  a: readonly Delivery[],
  b: readonly Delivery[],
): Promise<Player> {
  const player = new Player({ identity: debeziumIdentity(options) });
  await player.play(...a);
  await player.play(...b, ...b);
  expect(player.rejected).toEqual([]);
  return player;
}

async function rejection(delivery: Delivery | undefined, options: DebeziumIdentityOptions = SOURCES): Promise<string> {
  const player = new Player({ identity: debeziumIdentity(options) });
  await player.play(delivery ?? { key: null, value: null });
  const [rejected] = player.rejected;
  expect(rejected?.cause).toMatchObject({ code: "RECORD_UNIDENTIFIABLE" });
  return rejected?.cause.message ?? "";
}

describe("changes of two connectors come out once, whoever sends them first", () => {
  test.each([
    ["mysql", SOURCES],
    ["mysql", {}],
    ["mongodb", SOURCES],
    ["mongodb", {}],
    ["oracle", SOURCES],
    ["oracle", {}],
    ["sqlserver", SOURCES],
    ["sqlserver", {}],
  ])("%s, %j", async (connector, options) => {
    const a = events(connector, "a");
    const player = await bySources(options, a, events(connector, "b"));
    expect(player.emitted).toEqual(a.map((_, i) => i));
    expect(player.counts.get("divergence")).toBeUndefined();
  });
});

describe("a field that an identity needs: without it the change is rejected, and the reason says what to do", () => {
  test.each([
    ["mysql", { gtid: null }, /source\.gtid: switch GTIDs on.*binlog: one-server/],
    ["mysql", { gtid: "0-101-44" }, /is not a MySQL GTID/],
    ["mongodb", { ord: null }, /source\.ord/],
    ["oracle", { rs_id: null }, /source\.rs_id: with LogMiner keep log\.mining\.buffer\.track\.rs_id/],
    ["oracle", { scn: null }, /source\.scn/],
    ["sqlserver", { commit_lsn: null }, /source\.commit_lsn/],
    ["sqlserver", { change_lsn: null }, /source\.change_lsn/],
    ["sqlserver", { event_serial_no: null }, /source\.event_serial_no/],
  ])("%s %j", async (connector, changed, message) => {
    expect(await rejection(events(connector, "a", changed)[0])).toMatch(message);
  });
});

describe("MySQL", () => {
  const one = { ...SOURCES, binlog: "one-server" } as const;
  const [uuid, file] = ["24bc7850-2c16-11e6-a073-0242ac110002", "mysql-bin.000003"];

  test("without GTIDs: file, position and row of one server", async () => {
    const a = events("mysql", "a", { gtid: null });
    const player = await bySources(one, a, events("mysql", "b", { gtid: null }));
    expect(player.emitted).toEqual([0, 1, 2]);
  });

  test("a server set up anew counts its files from 1 again: its changes are other ones", async () => {
    const player = new Player({ identity: debeziumIdentity(one), dedup: { late: "emit" } });
    await player.play(...events("mysql", "a", { gtid: null, ts_ms: 1 }));
    const later = events("mysql", "a", { gtid: null }).map((delivery) =>
      edited(delivery, (text) => text.replace(/"ts_ms":1465/, '"ts_ms":1666')),
    );
    await player.play(...later);
    expect(player.emitted).toHaveLength(6);
  });

  const compressed = (source: string, status: string, op = "u"): Delivery => ({
    key: encoder.encode('{"id":1}'),
    value: encoder.encode(
      JSON.stringify({
        before: { id: 1, status: status.slice(0, 2) },
        after: { id: 1, status: status.slice(3) },
        source: {
          connector: "mysql",
          db: "shop",
          table: "orders",
          gtid: `${uuid}:7`,
          file,
          pos: 300,
          row: 0,
          ts_ms: 1,
        },
        op,
      }),
    ),
    headers: sentBy(source),
  });
  const first = compressed("a", "S0>S0", "c");
  const lead = {
    ...first,
    value: encoder.encode(
      decoder
        .decode(first.value ?? undefined)
        .replace(":7", ":6")
        .replace("300", "200"),
    ),
  };

  test("rows of a compressed transaction, which share one place, come out once; sent again they do not", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    const rows = ["S1>S2", "S2>S3", "S3>S4"].map((status) => compressed("a", status));
    await player.play(lead, ...rows);
    await player.restart();
    await player.play(...rows, ...["S1>S2", "S2>S3", "S3>S4"].map((status) => compressed("b", status)));
    expect(player.emitted).toEqual([0, 1, 2, 3]);
  });

  test("of equal ones of one row the second is taken for a re-delivery, and counted", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play(lead, ...["S1>S2", "S2>S1", "S1>S2"].map((status) => compressed("a", status)));
    expect(player.emitted).toEqual([0, 1, 2]);
    expect(player.counts.get("ambiguous")).toBe(1);
  });

  test("of rows that share a place none is lost to a hash of 32 bits", async () => {
    // The two say other things, and have one hash of that many bits.
    const rows = [21_179, 33_265].map((id) => {
      const event = {
        before: null,
        after: { id, status: "S1" },
        source: {
          connector: "mysql",
          db: "shop",
          table: "orders",
          gtid: `${uuid}:7`,
          file,
          pos: 300,
          row: 0,
          ts_ms: 1,
        },
        op: "c",
      };
      return {
        key: encoder.encode(`{"id":${id}}`),
        value: encoder.encode(JSON.stringify(event)),
        headers: sentBy("a"),
      };
    });
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play(lead, ...rows);
    expect(player.emitted).toEqual([0, 1, 2]);
  });
});

describe("MongoDB", () => {
  test("a row of an incremental snapshot is known by its place in the stream too: a second one repairs what was lost", async () => {
    const [created] = events("mongodb", "a");
    if (created === undefined) throw new Error("a change is expected");
    const read = (ts: number, ord: number): Delivery =>
      edited(created, (text) =>
        text
          .replace('"op":"c"', '"op":"r"')
          .replace('"snapshot":"false"', '"snapshot":"incremental"')
          .replace(/"ts_ms":1558965508000/, `"ts_ms":${ts}`)
          .replace('"ord":31', `"ord":${ord}`),
      );
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play(read(1_000, 1), read(1_000, 1), read(1_000, 2), read(9_000, 2));
    expect(player.emitted).toEqual([0, 2, 3]);
  });

  test("an update's looked-up document may differ: no divergence; what it did may not", async () => {
    const looked = events("mongodb", "b").map((delivery) =>
      edited(delivery, (text) => text.replace("Anne Marie\\", "Another\\")),
    );
    const player = await bySources(SOURCES, events("mongodb", "a"), looked);
    expect(player.emitted).toEqual([0, 1, 2, 3, 4]);
    expect(player.counts.get("divergence")).toBeUndefined();
  });

  test("equal changes of one document in one transaction: one comes out, counted", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    const [, , update] = events("mongodb", "a");
    if (update === undefined) throw new Error("a change is expected");
    await player.play(update, update);
    expect(player.emitted).toEqual([0]);
    expect(player.counts.get("ambiguous")).toBe(1);
  });
});

describe("Oracle", () => {
  const keyless = (source: string, changed: Readonly<Record<string, unknown>>): Delivery[] =>
    events("oracle", source, { rs_id: "0x001234.00012345.0124", ...changed })
      .slice(0, 1)
      .map((delivery) => edited(delivery, (text) => text, null));

  test("XStream: the position of the logical change record", async () => {
    const xstream = (source: string): Delivery[] =>
      events("oracle", source, { rs_id: null, commit_scn: null }).map((delivery, i) =>
        edited(delivery, (text) => text.replace('"lcr_position":null', `"lcr_position":"0000${i}"`)),
      );
    expect((await bySources(SOURCES, xstream("a"), xstream("b"))).emitted).toEqual([0, 1, 2, 3, 4]);
  });

  test("equal rows of an array insert without a key are told apart by their number in the transaction", async () => {
    const numbered = (source: string): Delivery[] => [1, 2].flatMap((txSeq) => keyless(source, { txSeq }));
    expect((await bySources(SOURCES, numbered("a"), numbered("b"))).emitted).toEqual([0, 1]);
    const unnumbered = (source: string): Delivery[] => [1, 2].flatMap(() => keyless(source, { txSeq: null }));
    expect((await bySources(SOURCES, unnumbered("a"), unnumbered("b"))).emitted).toEqual([0]);
  });
});

test("a schema change that a snapshot reads is known by what it says, and held back once changes were streamed", async () => {
  const change = (source: string, snapshot: string): Delivery => ({
    key: encoder.encode('{"databaseName":"testDB"}'),
    value: encoder.encode(
      JSON.stringify({
        source: { connector: "sqlserver", snapshot, db: "testDB", commit_lsn: "00000025:00000d98:00a2", ts_ms: source },
        ts_ms: source === "a" ? 1 : 2,
        databaseName: "testDB",
        schemaName: "dbo",
        ddl: null,
        tableChanges: [{ type: "CREATE" }],
      })
        .replace('"ts_ms":"a"', '"ts_ms":1')
        .replace('"ts_ms":"b"', '"ts_ms":2'),
    ),
    headers: sentBy(source),
  });
  const player = new Player({ identity: debeziumIdentity(SOURCES) });
  await player.play(change("a", "true"), change("b", "true"), change("a", "false"), change("b", "false"));
  expect(player.emitted).toEqual([0, 2]);
});

describe("SQL Server: the databases of one topic have a log each, and what is low in one is not late in the other", () => {
  const [low, high] = ["00000027:00000758:0005", "00000031:00000420:0003"];

  test("rows", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    const first = (db: string, commit_lsn: string): Delivery[] =>
      events("sqlserver", "a", { db, commit_lsn }).slice(0, 1);
    await player.play(...first("one", high), ...first("other", low));
    expect(player.emitted).toEqual([0, 1]);
  });

  test("schema changes", async () => {
    const change = (db: string, commit_lsn: string): Delivery => ({
      key: encoder.encode(`{"databaseName":"${db}"}`),
      value: encoder.encode(
        JSON.stringify({
          source: { connector: "sqlserver", snapshot: "false", db, commit_lsn, ts_ms: 1 },
          databaseName: db,
          tableChanges: [{ type: "ALTER" }],
        }),
      ),
      headers: sentBy("a"),
    });
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play(change("one", high), change("other", low));
    expect([player.emitted, player.rejected]).toEqual([[0, 1], []]);
  });
});

describe("more names than a lane can have sources", () => {
  const named = { sources: { header: "connector" } };
  const expected = {
    code: "CONFIG_INVALID",
    message: expect.stringContaining('has named 64 sources already, and now "'),
  };

  test.each(["mysql", "mongodb", "oracle", "sqlserver"])(
    "%s: stop the lane, also when it starts again",
    async (name) => {
      const from = (first: number, count: number): Delivery[] =>
        Array.from({ length: count }, (_, i) => events(name, `trace-${first + i}`).slice(0, 1)).flat();
      const player = new Player({ identity: debeziumIdentity(named) });
      await player.play(...from(0, 60));
      await player.restart();
      await player.play(...from(10, 54));
      await expect(player.play(...from(64, 1))).rejects.toMatchObject(expected);
    },
  );

  test("also of rows of a snapshot, and of the transaction topic", async () => {
    const snapshot = (n: number): Delivery => sent(`trace-${n}`, { op: "r", snapshot: "true", gtid: null, key: n });
    const begin = (n: number): Delivery => ({
      key: encoder.encode(`{"id":"0-101-${n}"}`),
      value: encoder.encode(
        `{"status":"BEGIN","id":"0-101-${n}","event_count":null,"data_collections":null,"ts_ms":1}`,
      ),
      headers: sentBy(`trace-${n}`),
    });
    for (const record of [snapshot, begin]) {
      const player = new Player({ identity: debeziumIdentity(named) });
      const records = Array.from({ length: 65 }, (_, n) => record(n));
      await player.play(...records.slice(0, 64));
      expect(player.rejected).toEqual([]);
      await expect(player.play(...records.slice(64))).rejects.toMatchObject(expected);
    }
  });
});

test("equal changes are looked for among so many, whatever number of sources sends them", () => {
  const counts = { ambiguous: 0 };
  const equal = new EqualChanges({ report: (_: string, count: number) => (counts.ambiguous += count) } as never);
  for (let n = 0; n < 60_000; n++) for (const source of ["a", "b"]) equal.see("transaction", source, n);
  for (let n = 0; n < 60_000; n++) for (const source of ["a", "b"]) equal.see("transaction", source, n);
  expect(counts.ambiguous).toBe(100_000);
});
