import { ChangeFollower, createTopic, SHOP, shopRound, SHOP_TABLES, type Wire } from "@tandem-cdc/acceptance";
import {
  avroConverters,
  type ConnectCluster,
  type ConnectorConfig,
  type KafkaCluster,
  type MariaDbCluster,
  mariadbConnector,
  type RegistryServer,
  startConnect,
  startKafka,
  startMariaDb,
  startRegistry,
} from "@tandem-cdc/testbed";

/** A connector of the lab: on replica 0 or 1, under a topic prefix of its own or one that it shares. */
export interface LabConnector {
  readonly name: string;
  readonly replica: 0 | 1;
  readonly prefix: string;
  readonly tables?: readonly string[];
  readonly avro?: boolean;
  /** Any other property; these win. */
  readonly config?: ConnectorConfig;
}

/** One database, and many pairs of connectors that read its two replicas at once, each for a test of its own. */
export class ConnectorsLab {
  readonly kafka: KafkaCluster;
  readonly registry: RegistryServer;
  readonly #mariadb: MariaDbCluster;
  readonly #connect: ConnectCluster;
  #nextServerId = 9_001;
  #nextRound = 0;
  #lasts = 0;

  private constructor(kafka: KafkaCluster, registry: RegistryServer, mariadb: MariaDbCluster, connect: ConnectCluster) {
    [this.kafka, this.registry, this.#mariadb, this.#connect] = [kafka, registry, mariadb, connect];
  }

  static async start(more: string): Promise<ConnectorsLab> {
    const [kafka, mariadb, registry] = await Promise.all([
      startKafka(),
      startMariaDb({ layouts: "different" }),
      startRegistry(),
    ]);
    await mariadb.primary.sql(`${SHOP}${more}`);
    await mariadb.waitForReplicas();
    const connect = await startConnect({ kafka, plugins: ["mariadb", "avro"] });
    return new ConnectorsLab(kafka, registry, mariadb, connect);
  }

  /** Creates topics, `<prefix>.shop.<table>`, and follows them. */
  async follow(
    prefixes: readonly string[],
    tables: Readonly<Record<string, number>>,
    wire?: Wire,
  ): Promise<ChangeFollower> {
    const topics = prefixes.flatMap((prefix) =>
      Object.entries(tables).map(([table, partitions]) => ({ topic: `${prefix}.shop.${table}`, partitions })),
    );
    const { bootstrap } = this.kafka;
    for (const { topic, partitions } of topics)
      await createTopic(bootstrap, topic, partitions, { "retention.ms": "-1" });
    return ChangeFollower.open(
      bootstrap,
      topics.map(({ topic }) => topic),
      wire,
    );
  }

  /** Creates a connector; resolves when it runs. */
  async connect({ avro = false, config, name, prefix, replica, tables }: LabConnector): Promise<void> {
    const port = this.#mariadb.replicas[replica]?.port ?? 0;
    const at = { name, port, serverId: this.#nextServerId++, database: "shop", topicPrefix: prefix, kafka: this.kafka };
    const only = (tables ?? Object.keys(SHOP_TABLES)).map((table) => `shop.${table}`).join(",");
    await this.#connect.put(name, {
      ...mariadbConnector({ ...at, "table.include.list": only, "snapshot.include.collection.list": only }),
      ...(avro ? avroConverters(this.registry) : {}),
      ...config,
    });
    await this.#connect.waitRunning(name);
  }

  /** Creates `<prefix>-a` and `<prefix>-b`; resolves when both have sent their snapshots. */
  async pair(input: ChangeFollower, prefix: string, settings: Partial<LabConnector> = {}): Promise<void> {
    const names = [`${prefix}-a`, `${prefix}-b`] as const;
    await Promise.all(names.map((name, i) => this.connect({ prefix, ...settings, name, replica: i === 0 ? 0 : 1 })));
    const rows = await this.count(settings.tables ?? Object.keys(SHOP_TABLES));
    await input.until(`the snapshots of ${names.join(" and ")}`, 60_000, () =>
      names.every((name) => input.count("", name) >= rows),
    );
  }

  async delete(...names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#connect.delete(name)));
  }

  /** Ends a connector's task and begins it again: it sends what it had not stored the offset of once more. */
  async restart(name: string): Promise<void> {
    await this.#connect.restartConnector(name);
    await this.#connect.waitRunning(name);
  }

  /** Runs SQL on the primary; resolves to the GTID of the last transaction. */
  async write(sql: string): Promise<string> {
    const said = await this.#mariadb.primary.sql(`${sql};\nSELECT @@last_gtid`, { database: "shop" });
    return said.slice(said.lastIndexOf("\n") + 1);
  }

  /** Leaves a change in every partition of every topic of the shop. */
  async writeLast(more: readonly string[] = []): Promise<{ readonly gtid: string; readonly rows: number }> {
    const n = ++this.#lasts;
    const gtid = await this.write(
      [
        "START TRANSACTION",
        `REPLACE INTO orders VALUES (999, 'last', 'last', ${n})`,
        `REPLACE INTO items SELECT 900 + seq, 0, 'last', ${n} FROM seq_1_to_60`,
        `INSERT INTO log VALUES ('last', ${n})`,
        ...more,
        "COMMIT",
      ].join(";\n"),
    );
    return { gtid, rows: 62 + more.length };
  }

  async count(tables: readonly string[]): Promise<number> {
    const sums = tables.map((table) => `(SELECT COUNT(*) FROM ${table})`);
    return Number((await this.rows(`SELECT ${sums.join(" + ")}`))[0]);
  }

  /** Rows of the primary. */
  async rows(sql: string): Promise<string[]> {
    const said = await this.#mariadb.primary.sql(sql, { database: "shop" });
    return said === "" ? [] : said.split("\n");
  }

  /** Rounds of everything that a client does to the shop. */
  async writeRounds(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.write(shopRound(this.#nextRound++));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#connect.stop(), this.#mariadb.stop(), this.registry.stop()]);
    await this.kafka.stop();
  }
}
