import { describe, expect, test } from "vitest";
import { debeziumIdentity } from "../src/index.ts";
import { mariadbEvent, sent, type Told } from "./events.ts";
import { type Delivery, Player } from "./player.ts";

const encoder = new TextEncoder();
const SOURCES = { sources: { header: "connector", names: ["a", "b"] } };

function valued(value: string, key: string | null = '{"id":1}'): Delivery {
  return { ...sent("a", {}), key: key === null ? null : encoder.encode(key), value: encoder.encode(value) };
}

const without = (field: string): string => mariadbEvent("a", { after: "x" }).replace(`"${field}":`, `"no_${field}":`);

describe("a record at fault is rejected, and says why", () => {
  test.each<[string, Delivery, string, RegExp]>([
    ["not JSON", valued("{"), "RECORD_MALFORMED", /does not end|expected/],
    ["not an object", valued('"text"'), "RECORD_MALFORMED", /object is expected/],
    ["an empty value", valued(""), "RECORD_UNIDENTIFIABLE", /value is empty/],
    ["neither key nor value", { key: null, value: null }, "RECORD_UNIDENTIFIABLE", /neither key nor value/],
    ["no source block", valued('{"op":"c"}'), "RECORD_UNIDENTIFIABLE", /no source block/],
    ["a source that is no block", valued('{"op":"c","source":7}'), "RECORD_UNIDENTIFIABLE", /no source block/],
    [
      "another connector",
      valued(mariadbEvent("a", {}).replace('"mariadb"', '"db2"')),
      "RECORD_UNIDENTIFIABLE",
      /"db2" is not yet supported \(known: mariadb, mysql, .*use: fields/,
    ],
    ["an op without a rule", sent("a", { op: "x" }), "RECORD_UNIDENTIFIABLE", /op "x" has no identity rule/],
    ["no GTID", sent("a", { gtid: null }), "RECORD_UNIDENTIFIABLE", /without source.gtid/],
    [
      "a GTID of MySQL",
      sent("a", { gtid: "3e11fa47-71ca-11e1-9e33-c80aa9429562:23" }),
      "RECORD_UNIDENTIFIABLE",
      /not a MariaDB GTID/,
    ],
    [
      "a GTID sequence beyond 2^53",
      sent("a", { gtid: "0-1-9007199254740993" }),
      "RECORD_UNIDENTIFIABLE",
      /not a MariaDB GTID/,
    ],
    ["no binlog file", valued(without("file")), "RECORD_UNIDENTIFIABLE", /source.file/],
    ["no position", valued(without("pos")), "RECORD_UNIDENTIFIABLE", /source.pos/],
    ["no row", valued(without("row")), "RECORD_UNIDENTIFIABLE", /source.row/],
    [
      "a position beyond 2^53",
      valued(mariadbEvent("a", {}).replace('"pos":100', '"pos":9007199254740993')),
      "RECORD_MALFORMED",
      /out of range/,
    ],
    ["a source that is not expected", sent("c", {}), "RECORD_UNIDENTIFIABLE", /source "c" is not one of a, b/],
    [
      "no header",
      { ...sent("a", {}), headers: [] },
      "RECORD_UNIDENTIFIABLE",
      /header "connector" is missing.*InsertHeader/,
    ],
    [
      "an empty header",
      { ...sent("a", {}), headers: [{ key: "connector", value: null }] },
      "RECORD_UNIDENTIFIABLE",
      /is missing/,
    ],
  ])("%s", async (_, delivery, code, message) => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play(delivery, sent("a", { sequence: 5, pos: 900, after: "x" }));
    expect(player.rejected).toEqual([{ offset: 0, cause: expect.objectContaining({ code }) as Error }]);
    expect(player.rejected[0]?.cause.message).toMatch(message);
    expect(player.emitted).toEqual([1]);
  });

  test("the last header of the name counts", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play({
      ...sent("b", { after: "x" }),
      headers: [...(sent("wrong", {}).headers ?? []), ...(sent("b", {}).headers ?? [])],
    });
    expect(player.counts.get("first:b")).toBe(1);
  });
});

describe("records without a key", () => {
  const keyless: Told = { key: null, op: "c", after: "x" };

  test("on a topic of several partitions stop the lane, with advice", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES), partitions: 3 });
    await expect(player.play(sent("a", keyless))).rejects.toMatchObject({
      code: "LANE_NULL_KEY",
      message: expect.stringMatching(/3 partitions.*message\.key\.columns/s),
    });
  });

  test("pass on a topic of one partition", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play(sent("a", keyless), sent("b", keyless));
    expect(player.emitted).toEqual([0]);
  });

  test("a truncate has no key by nature and passes anywhere, once", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES), partitions: 3 });
    const truncate: Told = { key: null, op: "t" };
    await player.play(sent("a", truncate), sent("b", truncate), sent("a", { ...truncate, sequence: 2, pos: 300 }));
    expect(player.emitted).toEqual([0, 2]);
  });
});

describe("rows of snapshots", () => {
  const row = (source: string, told: Told): Delivery =>
    sent(source, { op: "r", gtid: null, snapshot: "true", after: "S1", ...told });

  test.each([
    ["with sources", debeziumIdentity(SOURCES)],
    ["without", debeziumIdentity()],
  ])("are known by table, key and content, whatever else the connectors put beside it: %s", async (_, identity) => {
    const player = new Player({ identity });
    await player.play(row("a", { sequence: 1, pos: 100 }), row("b", { sequence: 9, pos: 7, snapshot: "last" }));
    expect(player.emitted).toEqual([0]);
    await player.play(row("b", { key: 2 }), row("b", { after: "S2" }), row("b", { table: "items" }));
    expect(player.emitted).toEqual([0, 2, 3, 4]);
  });

  test("that equal their rows of an earlier snapshot are duplicates, also where emit lets all pass; incremental ones are not", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES), dedup: { snapshots: "emit" } });
    await player.play(row("a", {}), sent("a", { before: "S1", after: "S2" }), row("a", {}));
    expect(player.emitted).toEqual([0, 1]);
    await player.play(row("a", { snapshot: "incremental", gtid: "0-101-5" }));
    expect(player.emitted).toEqual([0, 1, 3]);
  });

  test("of an incremental snapshot pass while the stream runs, also where an initial snapshot's row came late", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play(sent("a", { after: "S0" }), row("b", {}));
    expect(player.emitted).toEqual([0]);
    expect(player.counts.get("late-snapshot")).toBe(1);
    await player.play(
      row("b", { snapshot: "incremental", gtid: "0-101-5" }),
      row("a", { snapshot: "incremental", gtid: "0-101-5" }),
    );
    expect(player.emitted).toEqual([0, 2]);
  });
});

test("the state is plain JSON, and small", async () => {
  const player = new Player({ identity: debeziumIdentity(SOURCES) });
  for (let sequence = 1; sequence <= 300; sequence++)
    await player.play(sent("a", { sequence, pos: sequence * 10 }), sent("b", { sequence, pos: sequence * 12 }));
  expect(JSON.parse(JSON.stringify(player.committed))).toEqual(player.committed);
  expect(JSON.stringify(player.committed).length).toBeLessThan(400);
});
