import {
  AvroWire,
  type ChangeFollower,
  compareStreams,
  Reader,
  recordFigure,
  type RowChange,
  SHOP_TABLES,
  type Stored,
} from "@tandem-cdc/acceptance";
import { available } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConnectorsLab } from "./connectors-lab.ts";
import { DebeziumRun } from "./debezium-run.ts";
import { FULL } from "./support.ts";

const { ok } = await available(["kafka", "connect", "mariadb", "registry"]);

/** Rounds of about 200 changes, before and after what happens in the middle. */
const ROUNDS = FULL ? 100 : 4;
/** Rows that a snapshot reads before it comes to `prices`: long enough for prices to change meanwhile. */
const ARCHIVE = 20_000;
const EXACT = { lost: 0, surplus: 0, reordered: 0, examples: [] } as const;

const TABLES = `
  CREATE TABLE notes (id INT PRIMARY KEY, text VARCHAR(40));
  INSERT INTO notes VALUES (1, 'before');
  CREATE TABLE archive (id INT PRIMARY KEY, text VARCHAR(40));
  INSERT INTO archive SELECT seq, CONCAT('old ', seq) FROM seq_1_to_${ARCHIVE};
  CREATE TABLE prices (id INT PRIMARY KEY, version INT);
  INSERT INTO prices SELECT seq, 0 FROM seq_1_to_100;`;

let lab: ConnectorsLab;
beforeAll(async () => {
  lab = await ConnectorsLab.start(TABLES);
});
afterAll(() => lab?.stop());

const of = ({ changes }: ChangeFollower, source: string): RowChange[] =>
  changes.filter((change) => change.source === source);

/** What was seen, for the record. */
function report(section: string, lines: readonly string[]): void {
  console.log([section, ...lines].join("\n"));
  if (FULL) recordFigure(section, lines);
}

/** Everything that lies in the topics: `<key> <value>` in base64, by partition. */
async function bytesOf(topics: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const topic of topics) {
    const reader = await Reader.open(lab.kafka.bootstrap, topic);
    const lane = topic.slice(topic.lastIndexOf(".") + 1);
    const text = ({ key, partition, value }: Stored): string =>
      [`${lane}-${partition}`, key?.toString("base64"), value?.toString("base64")].join(" ");
    all.push(...(await reader.readAll()).map(text));
    await reader.close();
  }
  return all;
}

describe.skipIf(!ok)("two Debezium connectors that write Avro, with the schemas of a real registry", () => {
  const TABLE_NAMES = ["orders", "items", "log", "notes"];
  const topics = TABLE_NAMES.map((table) => `avro.shop.${table}`);

  it("come out as one of them, byte by byte, over an ALTER TABLE", async () => {
    const wire = new AvroWire(lab.registry.url);
    const input = await lab.follow(["avro"], { orders: 1, items: 2, log: 1, notes: 1 }, wire);
    await lab.pair(input, "avro", {
      avro: true,
      tables: TABLE_NAMES,
      config: { "decimal.handling.mode": "precise" },
    });
    const run = await DebeziumRun.start({
      bootstrap: lab.kafka.bootstrap,
      name: "avro",
      sources: true,
      format: `format: avro, registry: { url: "${lab.registry.url}" }`,
      prefix: "dedup.",
      topics: String.raw`^avro\.shop\..*`,
      outputs: topics,
      wire,
    });
    try {
      await lab.writeRounds(ROUNDS);
      const before = wire.ids.length;
      await lab.write("ALTER TABLE notes ADD COLUMN author VARCHAR(20) DEFAULT 'nobody' FIRST");
      await lab.write("INSERT INTO notes VALUES ('me', 2, 'after'); UPDATE notes SET text = 'again'");
      await lab.restart("avro-b");
      await lab.writeRounds(ROUNDS);
      const last = await lab.writeLast(["INSERT INTO notes VALUES ('me', 3, 'last')"]);
      await input.until("both connectors to send the last change", 120_000, () =>
        ["avro-a", "avro-b"].every((name) => input.count(last.gtid, name) >= last.rows),
      );
      await run.emitted(last.gtid, last.rows);
      await run.stop();

      const truth = of(input, "avro-a");
      const verdict = compareStreams(truth, run.output.changes);
      expect(verdict).toMatchObject(EXACT);
      expect(wire.ids.length).toBeGreaterThan(before);
      const sent = new Set(await bytesOf(topics));
      const emitted = await bytesOf(topics.map((topic) => `dedup.${topic}`));
      expect(emitted.filter((record) => !sent.has(record))).toEqual([]);
      report("Avro", [
        `- connectors a and b sent ${input.changes.length} records of ${wire.ids.length} schemas, one alone ${truth.length}`,
        `- output: ${emitted.length} records, ${verdict.lost} lost, ${verdict.surplus} too many, ${verdict.reordered} lanes out of order, all with the bytes of one of the inputs`,
      ]);
    } finally {
      await run.close();
      await lab.delete("avro-a", "avro-b");
      await input.close();
    }
  });
});

describe.skipIf(!ok)("a second connector whose snapshot is taken in the middle of traffic", () => {
  const TABLE_NAMES = ["archive", "prices"];
  const outputs = TABLE_NAMES.map((table) => `snap.shop.${table}`);
  const snapshots = (how: string, prefix: string): Promise<DebeziumRun> =>
    DebeziumRun.start({
      bootstrap: lab.kafka.bootstrap,
      name: `snapshots-${how}`,
      sources: true,
      dedup: `snapshots: ${how}`,
      prefix,
      topics: String.raw`^snap\.shop\..*`,
      outputs,
    });
  const LAST_UPDATE = "UPDATE prices SET version = version + 1 WHERE id = 1";
  let input: ChangeFollower;
  let database: string[];
  let last: string;
  let rows: number;
  let run: DebeziumRun;

  beforeAll(async () => {
    input = await lab.follow(["snap"], { archive: 1, prices: 1 });
    const connector = { prefix: "snap", tables: TABLE_NAMES };
    await lab.connect({ ...connector, name: "snap-a", replica: 0 });
    rows = await lab.count(TABLE_NAMES);
    await input.until("the first snapshot", 60_000, () => input.count("", "snap-a") >= rows);
    run = await snapshots("until-streaming", "dedup.");
    for (let i = 0; i < 20; i++) await lab.write(`UPDATE prices SET version = version + 1 WHERE id % 7 = ${i % 7}`);

    const joined = lab.connect({ ...connector, name: "snap-b", replica: 1 });
    await input.until("the second snapshot to begin", 60_000, () => input.count("", "snap-b") > 0);
    // Its snapshot shows the rows as they were. They change once more while it reads the archive, and never again.
    const changed = await lab.write(
      "DELETE FROM prices WHERE id > 90; UPDATE prices SET version = version + 1 WHERE id <= 50",
    );
    await input.until("the changes to be streamed", 60_000, () => input.count(changed, "snap-a") >= 50);
    await joined;
    await input.until("the second snapshot", 60_000, () => input.count("", "snap-b") >= rows);
    last = await lab.write(LAST_UPDATE);
    await input.until("both connectors to stream", 60_000, () =>
      ["snap-a", "snap-b"].every((name) => input.count(last, name) > 0),
    );
    database = await lab.rows("SELECT id, version FROM prices ORDER BY id");
  });
  afterAll(async () => {
    await run?.close();
    await input?.close();
    await lab?.delete("snap-a", "snap-b");
  });

  interface Price {
    readonly id: number;
    readonly version: number;
  }

  /** Plays the records as a consumer would: the table in the end, and how often a row went back to an older version. */
  function played({ changes }: ChangeFollower): { table: string[]; backwards: number } {
    const table = new Map<number, number>();
    const newest = new Map<number, number>();
    let backwards = 0;
    for (const { content, kind, lane } of changes) {
      if (!lane.startsWith("prices-") || kind === "tombstone") continue;
      const [, , , before, after] = JSON.parse(content) as [unknown, unknown, unknown, Price | null, Price | null];
      if (after === null) {
        table.delete(before?.id ?? 0);
        newest.set(before?.id ?? 0, Infinity);
        continue;
      }
      if (after.version < (newest.get(after.id) ?? 0)) backwards++;
      newest.set(after.id, Math.max(after.version, newest.get(after.id) ?? 0));
      table.set(after.id, after.version);
    }
    const lines = [...table].sort(([a], [b]) => a - b).map(([id, version]) => `${id}\t${version}`);
    return { table: lines, backwards };
  }

  it("brings no row back: the table folded from the output is the database's", async () => {
    await run.emitted(last, 1);
    await run.output.until("the rows of the first snapshot", 60_000, () => run.output.count("") >= rows);
    await run.stop();
    const verdict = compareStreams(of(input, "snap-a"), run.output.changes);
    const { backwards, table } = played(run.output);
    const dropped = of(input, "snap-b").filter(({ kind }) => kind === "snapshot").length;
    report("A snapshot in the middle of traffic", [
      `- connector b joined with a snapshot of ${dropped} rows; output: ${run.output.changes.length} records, ${backwards} of them back in time, ${verdict.lost} lost, ${verdict.surplus} too many`,
      `- \`prices\` folded from the output: ${table.length} rows, equal to the database's`,
    ]);
    expect(backwards).toBe(0);
    expect(table).toEqual(database);
    expect(verdict).toMatchObject(EXACT);
  });

  it("would bring deleted rows and old versions back with snapshots: emit", async () => {
    const naive = await snapshots("emit", "naive.");
    try {
      await naive.emitted(last, 1);
      await naive.stop();
      const { backwards, table } = played(naive.output);
      console.log(
        `snapshots: emit: ${backwards} rows back in time, ${table.length} rows instead of ${database.length}`,
      );
      expect(backwards).toBeGreaterThan(0);
      expect(table).not.toEqual(database);
    } finally {
      await naive.close();
    }
  });
});

describe.skipIf(!ok)("connectors that write topics of their own", () => {
  const tables = Object.keys(SHOP_TABLES);
  const inLanes = (changes: readonly RowChange[], { output }: DebeziumRun): void =>
    expect(compareStreams(changes, output.changes)).toMatchObject(EXACT);

  it("are joined by RegexRouter and InsertHeader on the connectors", async () => {
    const input = await lab.follow(["joined"], SHOP_TABLES);
    const config = {
      transforms: "route,who",
      "transforms.route.type": "org.apache.kafka.connect.transforms.RegexRouter",
      "transforms.route.regex": String.raw`own[ab]\.(.*)`,
      "transforms.route.replacement": "joined.$1",
    };
    const names = ["owna", "ownb"] as const;
    for (const [i, name] of names.entries())
      await lab.connect({ name, prefix: name, replica: i === 0 ? 0 : 1, config });
    const run = await DebeziumRun.start({
      bootstrap: lab.kafka.bootstrap,
      name: "joined",
      sources: true,
      prefix: "dedup.",
      topics: String.raw`^joined\.shop\..*`,
      outputs: tables.map((table) => `joined.shop.${table}`),
    });
    try {
      const rows = await lab.count(tables);
      await input.until("both snapshots", 60_000, () => names.every((name) => input.count("", name) >= rows));
      await lab.writeRounds(ROUNDS);
      const last = await lab.writeLast();
      await input.until("both connectors to send the last change", 120_000, () =>
        names.every((name) => input.count(last.gtid, name) >= last.rows),
      );
      await run.emitted(last.gtid, last.rows);
      await run.stop();
      inLanes(of(input, "owna"), run);
    } finally {
      await run.close();
      await lab.delete(...names);
      await input.close();
    }
  });

  it("are joined by a pipeline of mode: merge, before the one that deduplicates", async () => {
    const [a, b] = [await lab.follow(["a"], SHOP_TABLES), await lab.follow(["b"], SHOP_TABLES)];
    for (const [i, name] of ["a", "b"].entries())
      await lab.connect({ name, prefix: name, replica: i === 0 ? 0 : 1, config: { transforms: "" } });
    const rows = await lab.count(tables);
    for (const of of [a, b]) await of.until("a snapshot", 60_000, () => of.count("") >= rows);
    const { bootstrap } = lab.kafka;
    const merge = await DebeziumRun.start({
      bootstrap,
      name: "merge",
      sources: true,
      dedup: String.raw`mode: merge, merge: { regex: '^([ab])\.(.*)$', topic: '$2', source: '$1' }`,
      prefix: "merged.",
      topics: String.raw`^[ab]\.shop\..*`,
      outputs: tables.map((table) => `shop.${table}`),
    });
    const merged = tables.map((table) => `merged.shop.${table}`);
    const dedup = await DebeziumRun.start({
      bootstrap,
      name: "after-merge",
      sources: true,
      prefix: "dedup.",
      topics: String.raw`^merged\.shop\..*`,
      outputs: merged,
    });
    try {
      await lab.writeRounds(ROUNDS);
      // What was copied is copied once, whatever becomes of the process.
      await merge.again("SIGKILL");
      await lab.writeRounds(ROUNDS);
      const last = await lab.writeLast();
      for (const of of [a, b])
        await of.until("a connector to send the last change", 120_000, () => of.count(last.gtid) >= last.rows);
      await merge.emitted(last.gtid, 2 * last.rows);
      await dedup.emitted(last.gtid, last.rows);
      await dedup.stop();
      await merge.stop();
      expect(compareStreams(a.changes, of(merge.output, "a"))).toMatchObject(EXACT);
      expect(compareStreams(b.changes, of(merge.output, "b"))).toMatchObject(EXACT);
      inLanes(a.changes, dedup);
      report("Topics of their own, merged", [
        `- a and b sent ${a.changes.length} and ${b.changes.length} records; \`mode: merge\` (killed once) copied ${merge.output.changes.length}, each once and in order; dedup emitted ${dedup.output.changes.length}, exactly those of one connector`,
      ]);
    } finally {
      await merge.close();
      await dedup.close();
      await lab.delete("a", "b");
      await Promise.all([a.close(), b.close()]);
    }
  });
});
