import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./internal/free-port.ts";
import { java, jvm } from "./internal/java.ts";
import { kafkaFiles, type KafkaFiles } from "./internal/kafka-files.ts";
import { kafkaTools, type KafkaTools } from "./kafka-tools.ts";
import { type Log, stderrLog, timed } from "./log.ts";
import { ServerProcess } from "./internal/server-process.ts";
import { removeFolder, tempFolder } from "./internal/temp-folder.ts";
import { type Door, doorProperties } from "./kafka-doors.ts";
import { createUsers, type SecureListener, secureProperties } from "./kafka-secure.ts";
import { externalServer, ownServer, type Server } from "./server.ts";

export interface KafkaOptions {
  /** Default 1. Every topic is replicated to all three. */
  readonly brokers?: 1 | 3;
  /** Default true. */
  readonly autoCreateTopics?: boolean;
  /** More lines for every broker's server.properties; they win. */
  readonly properties?: Readonly<Record<string, string>>;
  /** A second listener, by TLS and SCRAM. With it the rights of users count: only what an ACL grants; who comes by the plain listener may do everything. */
  readonly secure?: SecureListener;
  /** How many more plain listeners every broker has, each of which sends clients to another port: see `Broker.doors`. Default 0. Not together with `secure`. */
  readonly doors?: number;
  /** Where the data is kept; it is not removed, and a cluster started on it again has its old data. Default: a temporary folder, removed by `stop`. */
  readonly dir?: string;
  readonly log?: Log;
}

export interface Broker extends Server {
  readonly id: number;
  /** The listeners that `doors` asked for. Who bootstraps at an advertised port stays on that door, broker by broker. */
  readonly doors: readonly Door[];
}

export interface KafkaCluster extends KafkaTools {
  /** `host:port,...` of all brokers. */
  readonly bootstrap: string;
  /** The same of the secure listener; undefined without one. */
  readonly secureBootstrap: string | undefined;
  /** The same of the listener that asks for a client's certificate. */
  readonly mutualBootstrap: string | undefined;
  readonly brokers: readonly Broker[];
  stop(): Promise<void>;
}

const CLUSTER_ID = "VGFuZGVtLXRlc3RiZWQtMQ";

/** Starts a Kafka cluster (KRaft, every broker a controller too), or takes the one that `TANDEM_KAFKA` names. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const { brokers: count = 1, dir, log = stderrLog } = options;
  const external = process.env["TANDEM_KAFKA"];
  if (external) return externalKafka(external, options);
  if (options.secure !== undefined && options.doors !== undefined)
    throw new TypeError("secure and doors do not go together");
  const files = await kafkaFiles(log);
  const folder = dir ?? (await tempFolder("kafka"));
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  const ports = await Promise.all(
    ids.map(async (id) => ({
      id,
      client: await freePort(),
      controller: await freePort(),
      secure: options.secure === undefined ? undefined : { secure: await freePort(), mutual: await freePort() },
      doors: await doors(options.doors ?? 0),
    })),
  );
  const voters = ports.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`).join(",");
  const processes = await Promise.all(
    ports.map((of) => brokerProcess(join(folder, `${of.id}`), of, { ...options, voters, files, count, log })),
  );
  const end = async (): Promise<void> => {
    // All at once: the last broker of a quorum cannot leave politely. Data that is thrown away needs no politeness.
    await Promise.all(processes.map((broker) => broker.end(dir === undefined ? "SIGKILL" : "SIGTERM")));
    if (dir === undefined) await removeFolder(folder);
  };
  const bootstrap = ports.map(({ client }) => `127.0.0.1:${client}`).join(",");
  const tools = kafkaTools(bootstrap, files.jars);
  try {
    const what = `started Kafka (${count} broker${count > 1 ? "s" : ""}) at ${bootstrap}`;
    await timed(log, what, () => Promise.all(processes.map((broker) => broker.start())));
    if (options.secure !== undefined) await createUsers(tools, options.secure);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    ...tools,
    bootstrap,
    secureBootstrap:
      options.secure === undefined ? undefined : ports.map(({ secure }) => `127.0.0.1:${secure?.secure}`).join(","),
    mutualBootstrap:
      options.secure?.clientCaFile === undefined
        ? undefined
        : ports.map(({ secure }) => `127.0.0.1:${secure?.mutual}`).join(","),
    brokers: ports.map(({ id, client, doors }, i) =>
      Object.assign(ownServer(client, processes[i] as ServerProcess), { id, doors }),
    ),
    stop: end,
  };
}

interface BrokerPorts {
  readonly id: number;
  readonly client: number;
  readonly controller: number;
  readonly secure: { readonly secure: number; readonly mutual: number } | undefined;
  readonly doors: readonly Door[];
}

function doors(count: number): Promise<Door[]> {
  return Promise.all(
    Array.from({ length: count }, async () => ({ listens: await freePort(), advertised: await freePort() })),
  );
}

interface BrokerSettings extends KafkaOptions {
  readonly voters: string;
  readonly files: KafkaFiles;
  readonly count: number;
  readonly log: Log;
}

async function brokerProcess(folder: string, ports: BrokerPorts, settings: BrokerSettings): Promise<ServerProcess> {
  const { files, count, log } = settings;
  const data = join(folder, "data");
  const config = join(folder, "server.properties");
  await mkdir(data, { recursive: true });
  const lines = Object.entries(serverProperties(data, ports, settings)).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(config, lines.join(""));
  if (!existsSync(join(data, "meta.properties"))) await format(data, ports.id, files);
  return new ServerProcess({
    name: `kafka broker ${ports.id}`,
    program: java(),
    args: [...jvm(files.jars, count === 1 ? 768 : 320), "-XX:MaxDirectMemorySize=128m", "kafka.Kafka", config],
    logFile: join(folder, "server.log"),
    ready: (said) => said().includes("Kafka Server started"),
    startTimeoutMs: 120_000,
    log,
  });
}

/** What `kafka-storage format` would do, without its JVM. */
async function format(data: string, id: number, { checkpoint }: KafkaFiles): Promise<void> {
  await copyFile(checkpoint, join(data, "bootstrap.checkpoint"));
  const directory = randomBytes(16);
  directory.writeUInt8(0x41, 0); // Kafka refuses ids that begin with "-"
  const lines = [
    "version=1",
    `cluster.id=${CLUSTER_ID}`,
    `node.id=${id}`,
    `directory.id=${directory.toString("base64url")}`,
  ];
  await writeFile(join(data, "meta.properties"), `${lines.join("\n")}\n`);
}

function serverProperties(
  data: string,
  ports: BrokerPorts,
  settings: BrokerSettings,
): Record<string, string | number | boolean> {
  const replicas = settings.count;
  const inSync = replicas === 1 ? 1 : 2;
  return {
    "process.roles": "broker,controller",
    "node.id": ports.id,
    "controller.quorum.voters": settings.voters,
    listeners: `PLAINTEXT://127.0.0.1:${ports.client},CONTROLLER://127.0.0.1:${ports.controller}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${ports.client}`,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": data,
    "num.partitions": 1,
    "auto.create.topics.enable": settings.autoCreateTopics ?? true,
    "default.replication.factor": replicas,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSync,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    // A broker that was killed with -9 comes back only when its old registration has run out (default 9 s).
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "log.segment.bytes": 64 * 1024 * 1024,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    ...(settings.secure === undefined || ports.secure === undefined
      ? {}
      : secureProperties(settings.secure, { plain: ports.client, controller: ports.controller, ...ports.secure })),
    ...(ports.doors.length === 0
      ? {}
      : doorProperties({ plain: ports.client, controller: ports.controller, doors: ports.doors })),
    ...settings.properties,
  };
}

async function externalKafka(
  bootstrap: string,
  { log = stderrLog, brokers, properties, dir, doors: wanted, secure }: KafkaOptions,
): Promise<KafkaCluster> {
  if (secure !== undefined || wanted !== undefined)
    throw new Error("TANDEM_KAFKA is set: more listeners want brokers of our own");
  log(`using the Kafka of TANDEM_KAFKA at ${bootstrap}`);
  if (brokers === 3 || properties !== undefined || dir !== undefined)
    log("TANDEM_KAFKA is set: brokers, properties and dir are as they are there, not as asked");
  return {
    ...kafkaTools(bootstrap, undefined),
    bootstrap,
    secureBootstrap: undefined,
    mutualBootstrap: undefined,
    brokers: bootstrap
      .split(",")
      .map((address, i) => Object.assign(externalServer(address, "TANDEM_KAFKA"), { id: i + 1, doors: [] })),
    stop: () => Promise.resolve(),
  };
}
