import {
  ChangeFollower,
  compareStreams,
  createTopic,
  PG_LAST,
  PG_LAST_ROWS,
  PG_SHOP,
  PG_SHOP_ROWS,
  PG_SHOP_TABLES,
  pgBig,
  pgShopRound,
  Recording,
  recordFigure,
  type RowChange,
  startStore,
  type StoreProcess,
} from "@tandem-cdc/acceptance";
import {
  available,
  type ConnectCluster,
  type KafkaCluster,
  postgresConnector,
  type PostgresServer,
  startConnect,
  startKafka,
  startPostgres,
} from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DebeziumRun } from "./debezium-run.ts";
import { FULL } from "./support.ts";

const { ok } = await available(["kafka", "connect", "postgres"]);

const ROUNDS = FULL ? 40 : 4;
/** Rows of a big transaction: copied in, then each changed twice. */
const BIG = 10_000;
/** Kills in the middle of a COPY, and of what comes after it. */
const MIDDLES = FULL ? [2_000, 14_000, 4_000, 22_000] : [2_000, 14_000];
/** Kills to try, if a had sent everything by then. */
const TRIES = MIDDLES.length + 3;
const NAMES = ["a", "b"] as const;

let kafka: KafkaCluster;
let postgres: PostgresServer;
let connect: ConnectCluster;
let input: ChangeFollower;
let run: DebeziumRun;
let store: StoreProcess;

/** Runs SQL; resolves to the number of its last transaction. */
async function write(sql: string): Promise<string> {
  await postgres.sql(sql, { database: "shop" });
  return postgres.sql("SELECT MAX(xmin::text::bigint) FROM orders", { database: "shop" });
}

const arrived = (source: string): number => input.changes.filter((change) => change.source === source).length;

/** Without `log`: equal rows of a COPY without a key have one position. */
const keyed = (changes: readonly RowChange[]): RowChange[] => changes.filter(({ lane }) => lane !== "log-0");

/** Changes that a has sent again. */
const redelivered = (): number => new Recording(keyed(input.changes), []).of("a").redelivered;

/** Connectors a and b, each with a slot of its own, each in a worker of its own; b is never disturbed. */
async function connectors(): Promise<void> {
  connect = await startConnect({
    kafka,
    workers: 2,
    separate: true,
    plugins: ["postgres"],
    offsetFlushIntervalMs: 200,
  });
  for (const [worker, name] of NAMES.entries()) {
    // Small steps, and offsets stored often, make a crash in the middle of a transaction likely.
    const steps = { "max.batch.size": "256", "max.queue.size": "1024" };
    await connect.put(name, postgresConnector({ name, port: postgres.port, database: "shop", ...steps }), worker);
    await connect.waitRunning(name);
  }
  await input.until("both snapshots", 60_000, () => NAMES.every((name) => input.count("", name) === PG_SHOP_ROWS));
}

/** Kills the worker of a with -9 when so many changes of a big transaction have arrived, and starts it again. */
async function killInTheMiddle(nth: number, middle: number): Promise<void> {
  const goal = arrived("a") + middle;
  const writing = write(pgBig(nth, BIG));
  await input.until("a to be in the middle", 120_000, () => arrived("a") >= goal);
  await connect.workers[0]?.kill("SIGKILL");
  await writing;
  await run.again("SIGKILL");
  await connect.workers[0]?.restart();
  await connect.waitRunning("a");
}

beforeAll(async () => {
  [kafka, postgres, store] = await Promise.all([startKafka(), startPostgres(), startStore()]);
  await postgres.sql("CREATE DATABASE shop");
  await postgres.sql(PG_SHOP, { database: "shop" });
  const topics = Object.entries(PG_SHOP_TABLES).map(([table, partitions]) => ({
    topic: `cdc.public.${table}`,
    partitions,
  }));
  for (const { topic, partitions } of topics)
    await createTopic(kafka.bootstrap, topic, partitions, { "retention.ms": "-1" });
  const names = topics.map(({ topic }) => topic);
  input = await ChangeFollower.open(kafka.bootstrap, names);
  await connectors();
  run = await DebeziumRun.start({
    bootstrap: kafka.bootstrap,
    name: "postgres",
    storePort: store.port,
    sources: true,
    prefix: "dedup.",
    topics: String.raw`^cdc\.public\..*`,
    outputs: names,
  });
});
afterAll(async () => {
  await run?.close();
  await input?.close();
  await Promise.all([connect?.stop(), postgres?.stop(), store?.stop()]);
  await kafka?.stop();
});

describe.skipIf(!ok)("two Debezium PostgreSQL connectors with a slot each, one killed with -9 in mid-traffic", () => {
  it("come out of tandem as the stream of the one that nobody disturbed", async () => {
    for (let round = 0; round < ROUNDS; round++) await write(pgShopRound(round));
    let kills = 0;
    while (kills < MIDDLES.length || (kills < TRIES && redelivered() === 0)) {
      await killInTheMiddle(kills + 1, MIDDLES[kills % MIDDLES.length] ?? 0);
      kills++;
      for (let round = 0; round < ROUNDS; round++) await write(pgShopRound(kills * 100 + round));
    }
    const last = await write(PG_LAST);
    await input.until("both connectors to send the last change", 120_000, () =>
      NAMES.every((name) => input.count(last, name) >= PG_LAST_ROWS),
    );
    await run.emitted(last, PG_LAST_ROWS);
    await run.stop();

    const truth = input.changes.filter(({ source }) => source === "b");
    const verdict = compareStreams(truth, run.output.changes);
    const recording = new Recording(keyed(input.changes), keyed(truth));
    const byTotalOrder = recording.lostBy(({ gtid, totalOrder }: RowChange) => `${gtid} ${totalOrder}`);
    const { renumbered, sent } = recording.of("a");
    const lines = [
      `${kills} transactions of ${3 * BIG} changes (a COPY of ${BIG} rows, then each row twice), connector a killed with -9 in the middle of each, and \`tandem run\` too; ${ROUNDS * (kills + 1)} rounds of small transactions.`,
      "",
      `- connector a sent ${sent} changes, ${redelivered()} of them again and ${renumbered} with a wrong \`total_order\`; b, never disturbed, ${truth.length} records with tombstones`,
      `- output: ${run.output.changes.length} records: ${verdict.lost} lost, ${verdict.surplus} too many, ${verdict.reordered} lanes out of order`,
      `- on this input an identity by \`(txId, total_order)\` would have lost ${byTotalOrder} changes`,
      ...verdict.examples,
    ];
    console.log(lines.join("\n"));
    expect(redelivered()).toBeGreaterThan(0);
    expect(verdict).toMatchObject({ lost: 0, surplus: 0, reordered: 0, examples: [] });
    if (FULL) recordFigure("Two PostgreSQL connectors", lines);
  });
});
