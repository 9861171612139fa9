import { ChangeFollower, createTopic, SHOP, SHOP_ROWS, SHOP_TABLES } from "@tandem-cdc/acceptance";
import {
  type ConnectCluster,
  type KafkaCluster,
  type MariaDbCluster,
  mariadbConnector,
  startConnect,
  startKafka,
  startMariaDb,
} from "@tandem-cdc/testbed";

export type Victim = "a" | "b";

/** Connectors a and b on replicas 102 and 103, and one on the primary that nobody disturbs, each in a worker of its own. */
const CONNECTORS = [
  { name: "a", worker: 0, prefix: "cdc" },
  { name: "b", worker: 1, prefix: "cdc" },
  { name: "undisturbed", worker: 2, prefix: "alone" },
] as const;

/** What makes a crash in the middle of a transaction likely: small steps, and offsets stored often. */
const SMALL_STEPS = { "max.batch.size": "256", "max.queue.size": "1024" };

export class DebeziumPair {
  readonly kafka: KafkaCluster;
  readonly #mariadb: MariaDbCluster;
  readonly #connect: ConnectCluster;
  /** What a and b send. */
  readonly input: ChangeFollower;
  /** What one connector alone sends. */
  readonly alone: ChangeFollower;
  rounds = 0;
  kills = 0;

  private constructor(
    kafka: KafkaCluster,
    mariadb: MariaDbCluster,
    connect: ConnectCluster,
    followers: readonly ChangeFollower[],
  ) {
    [this.kafka, this.#mariadb, this.#connect] = [kafka, mariadb, connect];
    [this.input, this.alone] = followers as [ChangeFollower, ChangeFollower];
  }

  /** Starts everything; resolves when all connectors have sent their snapshots. */
  static async start(): Promise<DebeziumPair> {
    const [kafka, mariadb] = await Promise.all([startKafka(), startMariaDb({ layouts: "different" })]);
    await mariadb.primary.sql(SHOP);
    await mariadb.waitForReplicas();
    const followers = await Promise.all(["cdc", "alone"].map((prefix) => followed(kafka.bootstrap, prefix)));
    const connect = await startConnect({
      kafka,
      workers: CONNECTORS.length,
      separate: true,
      offsetFlushIntervalMs: 200,
    });
    const pair = new DebeziumPair(kafka, mariadb, connect, followers);
    await Promise.all(CONNECTORS.map((connector) => pair.#put(connector)));
    const { alone, input } = pair;
    await input.until(
      "the snapshots of a and b",
      120_000,
      () => input.count("", "a") === SHOP_ROWS && input.count("", "b") === SHOP_ROWS,
    );
    await alone.until("the undisturbed connector's snapshot", 60_000, () => alone.count("") === SHOP_ROWS);
    return pair;
  }

  async #put({ name, prefix, worker }: (typeof CONNECTORS)[number]): Promise<void> {
    const { primary, replicas } = this.#mariadb;
    const port = [...replicas, primary][worker]?.port ?? 0;
    const places = { kafka: this.kafka, database: "shop", port, serverId: 9_001 + worker, topicPrefix: prefix };
    await this.#connect.put(name, mariadbConnector({ name, ...places, ...SMALL_STEPS }), worker);
    await this.#connect.waitRunning(name);
  }

  /** Runs SQL on the primary; resolves to the GTID of the last transaction. */
  async write(sql: string): Promise<string> {
    const said = await this.#mariadb.primary.sql(`${sql};\nSELECT @@last_gtid`, { database: "shop" });
    return said.slice(said.lastIndexOf("\n") + 1);
  }

  /** Writes round after round until the work is done. */
  async underLoad<T>(work: () => Promise<T>, round: (nth: number) => string): Promise<T> {
    const done = new AbortController();
    const [result] = await Promise.all([work().finally(() => done.abort()), this.#load(round, done.signal)]);
    return result;
  }

  async #load(round: (nth: number) => string, done: AbortSignal): Promise<void> {
    while (!done.aborted) {
      await this.write(round(this.rounds++));
      await new Promise((resolve) => setTimeout(resolve, 150)); // the rate of the load
    }
  }

  /** Ends the Connect worker of a connector with kill -9. */
  async kill(victim: Victim): Promise<void> {
    await this.#worker(victim).kill("SIGKILL");
    this.kills++;
  }

  async restart(victim: Victim): Promise<void> {
    await this.#worker(victim).restart();
    await this.#connect.waitRunning(victim);
  }

  #worker(victim: Victim): ConnectCluster["workers"][number] {
    const worker = this.#connect.workers[victim === "a" ? 0 : 1];
    if (worker === undefined) throw new Error(`connector ${victim} has no worker`);
    return worker;
  }

  /** Resolves when a, b and the undisturbed connector have sent `rows` changes of the transaction, and so all before it. */
  async sent(gtid: string, rows: number): Promise<void> {
    const { alone, input } = this;
    await input.until(
      `a and b to send ${gtid}`,
      180_000,
      () => input.count(gtid, "a") >= rows && input.count(gtid, "b") >= rows,
    );
    await alone.until(`the undisturbed connector to send ${gtid}`, 120_000, () => alone.count(gtid) >= rows);
  }

  async stop(): Promise<void> {
    await Promise.all([this.input.close(), this.alone.close()]);
    await Promise.all([this.#connect.stop(), this.#mariadb.stop()]);
    await this.kafka.stop();
  }
}

async function followed(bootstrap: string, prefix: string): Promise<ChangeFollower> {
  const topics = Object.entries(SHOP_TABLES).map(([table, partitions]) => ({
    topic: `${prefix}.shop.${table}`,
    partitions,
  }));
  for (const { topic, partitions } of topics) await createTopic(bootstrap, topic, partitions, { "retention.ms": "-1" });
  return ChangeFollower.open(
    bootstrap,
    topics.map(({ topic }) => topic),
  );
}
