import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectRest, type ConnectorConfig, type ConnectorStatus } from "./connect-rest.ts";
import { type ConnectPlugin, connectPlugins } from "./internal/connect-plugins.ts";
import { freePort } from "./internal/free-port.ts";
import { java, jvm } from "./internal/java.ts";
import { kafkaFiles } from "./internal/kafka-files.ts";
import { ServerProcess } from "./internal/server-process.ts";
import { removeFolder, tempFolder } from "./internal/temp-folder.ts";
import { type Log, stderrLog, timed } from "./log.ts";
import { externalServer, ownServer, type Server } from "./server.ts";

export interface ConnectOptions {
  readonly kafka: { readonly bootstrap: string };
  /** Default 1. */
  readonly workers?: number;
  /**
   * Every worker is a Connect cluster of its own: connectors stay on the worker that they were put on, and die and come
   * back with it. Default false: one cluster, whose workers take over from each other.
   */
  readonly separate?: boolean;
  /** Default ["mariadb"]. */
  readonly plugins?: readonly ConnectPlugin[];
  /** How often connectors' offsets are stored; what was sent since is sent again after a kill. Default 500. */
  readonly offsetFlushIntervalMs?: number;
  /** More lines for every worker's properties; they win. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly log?: Log;
}

export interface Worker extends Server {
  /** Of the REST interface. */
  readonly url: string;
}

export interface ConnectCluster {
  readonly workers: readonly Worker[];
  /** Creates or changes a connector. `worker` (an index, default 0) counts with `separate` only, and is remembered. */
  put(name: string, config: ConnectorConfig, worker?: number): Promise<void>;
  status(name: string): Promise<ConnectorStatus>;
  /** Resolves when the connector and its tasks are RUNNING; throws with the trace when one has FAILED. */
  waitRunning(name: string, timeoutMs?: number): Promise<void>;
  /** Restarts the connector and its tasks, failed or not. */
  restartConnector(name: string): Promise<void>;
  delete(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Kafka Connect with Debezium, or takes the workers that `TANDEM_CONNECT` names. */
export async function startConnect(options: ConnectOptions): Promise<ConnectCluster> {
  const { workers: count = 1, separate = false, log = stderrLog } = options;
  const external = process.env["TANDEM_CONNECT"];
  if (external) return externalConnect(external, separate, log);
  const [files, folder] = [await kafkaFiles(log), await tempFolder("connect")];
  const plugins = (await connectPlugins(options.plugins ?? ["mariadb"], log)).join(",");
  const cluster = `connect-${randomBytes(4).toString("hex")}`; // a Kafka that outlives us may know other clusters
  const started = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const config = join(folder, `worker-${i}.properties`);
      const group = separate ? `${cluster}-${i}` : cluster;
      const lines = Object.entries(workerProperties(port, group, plugins, options)).map(
        ([key, value]) => `${key}=${value}\n`,
      );
      await writeFile(config, lines.join(""));
      const server = new ServerProcess({
        name: `connect worker ${i}`,
        program: java(),
        args: [...jvm(files.jars, 512), "org.apache.kafka.connect.cli.ConnectDistributed", config],
        logFile: join(folder, `worker-${i}.log`),
        ready: () => answers(`${url}/connectors`),
        startTimeoutMs: 120_000,
        log,
      });
      return { server, worker: Object.assign(ownServer(port, server), { url }) };
    }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(({ server }) => server.end("SIGKILL")));
    await removeFolder(folder);
  };
  try {
    const what = `started Kafka Connect (${count} worker${count > 1 ? "s" : ""}${separate ? ", separate" : ""})`;
    await timed(log, what, () => Promise.all(started.map(({ server }) => server.start())));
  } catch (error) {
    await stop();
    throw error;
  }
  const workers = started.map(({ worker }) => worker);
  return { workers, ...connectRest(workers, separate), stop };
}

function workerProperties(
  port: number,
  group: string,
  plugins: string,
  { kafka, separate, offsetFlushIntervalMs = 500, properties }: ConnectOptions,
): Record<string, string | number | boolean> {
  return {
    "bootstrap.servers": kafka.bootstrap,
    "group.id": group,
    listeners: `HTTP://127.0.0.1:${port}`,
    "rest.advertised.host.name": "127.0.0.1",
    "rest.advertised.port": port,
    "plugin.path": plugins,
    // Reading every class for plugins, the default, takes three times as long and as much memory.
    "plugin.discovery": "service_load",
    "config.storage.topic": `_${group}-configs`,
    "offset.storage.topic": `_${group}-offsets`,
    "status.storage.topic": `_${group}-status`,
    // -1: as many replicas as the brokers' default.
    "config.storage.replication.factor": -1,
    "offset.storage.replication.factor": -1,
    "status.storage.replication.factor": -1,
    "offset.storage.partitions": 1,
    "status.storage.partitions": 1,
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "key.converter.schemas.enable": false,
    "value.converter.schemas.enable": false,
    "offset.flush.interval.ms": offsetFlushIntervalMs,
    "connector.client.config.override.policy": "All",
    "session.timeout.ms": 6000,
    "heartbeat.interval.ms": 1500,
    "rebalance.timeout.ms": 15_000,
    // How long a dead worker's connectors wait for it to come back (default 5 min).
    "scheduled.rebalance.max.delay.ms": separate === true ? 0 : 1000,
    ...properties,
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

async function externalConnect(urls: string, separate: boolean, log: Log): Promise<ConnectCluster> {
  log(`using the Kafka Connect of TANDEM_CONNECT at ${urls}`);
  const workers = urls.split(",").map((text) => {
    const url = text.trim().replace(/\/$/, "");
    const { hostname, port, protocol } = new URL(url);
    const address = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
    return Object.assign(externalServer(address, "TANDEM_CONNECT"), { url });
  });
  return { workers, ...connectRest(workers, separate), stop: () => Promise.resolve() };
}
