import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cassandraFiles, type CassandraFiles } from "./internal/cassandra-files.ts";
import { type CassandraPorts, cassandraYaml } from "./internal/cassandra-yaml.ts";
import { freePort } from "./internal/free-port.ts";
import { java } from "./internal/java.ts";
import { resource } from "./internal/resource.ts";
import { ServerProcess } from "./internal/server-process.ts";
import { removeFolder, tempFolder } from "./internal/temp-folder.ts";
import { until } from "./internal/until.ts";
import { type Log, stderrLog, timed } from "./log.ts";
import { externalServer, ownServer, type Server } from "./server.ts";

export interface CassandraOptions {
  /** Default 1; three are on 127.0.0.1, .2 and .3, at the same port. */
  readonly nodes?: 1 | 3;
  /** Of every node, in MiB. Default 384. */
  readonly heapMb?: number;
  /** Cassandra's `commitlog_sync`. Default periodic, which is Cassandra's own; with batch, a node that is killed has lost nothing that it acknowledged. */
  readonly commitLog?: "periodic" | "batch";
  /** Nodes tell drivers that they are on 127.0.1.1, .2 and .3, where a proxy of yours has to stand. Default false. */
  readonly behindProxies?: boolean;
  /** Drivers that do not encrypt are turned away. Default false. */
  readonly tlsOnly?: boolean;
  readonly log?: Log;
}

export interface CassandraCluster {
  /** `host:port` of every node. */
  readonly contactPoints: readonly string[];
  readonly localDataCenter: string;
  /** A superuser. Passwords are asked for, and the rights of roles count. */
  readonly credentials: { readonly username: string; readonly password: string };
  /** PEM of the certificate for those who connect by TLS, at the same port; undefined for servers that the environment named. */
  readonly certificate: string | undefined;
  readonly nodes: readonly Server[];
  stop(): Promise<void>;
}

/**
 * Starts Cassandra, or takes the nodes that `TANDEM_CASSANDRA` (`host:port,...`) names, with
 * `TANDEM_CASSANDRA_DATACENTER` (datacenter1), `TANDEM_CASSANDRA_USER` and `TANDEM_CASSANDRA_PASSWORD` (cassandra).
 */
export async function startCassandra(options: CassandraOptions = {}): Promise<CassandraCluster> {
  const { nodes: count = 1, heapMb = 384, commitLog = "periodic", log = stderrLog } = options;
  const { behindProxies = false, tlsOnly = false } = options;
  const external = process.env["TANDEM_CASSANDRA"];
  if (external && !behindProxies) return externalCassandra(external, log);
  const files = await cassandraFiles(log);
  const folder = await tempFolder("cassandra");
  const addresses = Array.from({ length: count }, (_, i) => `127.0.0.${i + 1}`);
  const advertised = behindProxies ? addresses.map((_, i) => `127.0.1.${i + 1}`) : addresses;
  const ports = {
    client: await freePort([...new Set([...addresses, ...advertised])]),
    storage: await freePort(addresses),
  };
  const nodes = await Promise.all(
    advertised.map((address, index) =>
      node(join(folder, `${index + 1}`), index, {
        advertised: address,
        count,
        heapMb,
        commitLog,
        tlsOnly,
        ports,
        files,
        log,
      }),
    ),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((of) => of.process.end("SIGKILL")));
    await removeFolder(folder);
  };
  try {
    await timed(log, `started Cassandra (${count} node${count > 1 ? "s" : ""})`, () => startAll(nodes, ports));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    contactPoints: advertised.map((address) => `${address}:${ports.client}`),
    localDataCenter: "datacenter1",
    credentials: { username: "cassandra", password: "cassandra" },
    certificate: await readFile(files.certificate, "utf8"),
    nodes: nodes.map((of, i) => Object.assign(ownServer(ports.client, of.process), { host: addresses[i] as string })),
    stop,
  };
}

interface Node {
  readonly process: ServerProcess;
  readonly logFile: string;
}

interface NodeSettings {
  readonly advertised: string;
  readonly count: number;
  readonly heapMb: number;
  readonly commitLog: "periodic" | "batch";
  readonly tlsOnly: boolean;
  readonly ports: CassandraPorts;
  readonly files: CassandraFiles;
  readonly log: Log;
}

async function node(folder: string, index: number, { heapMb, log, ...settings }: NodeSettings): Promise<Node> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "cassandra.yaml"), cassandraYaml({ folder, index, ...settings }));
  const { count, files } = settings;
  const properties = {
    "cassandra.config": `file://${join(folder, "cassandra.yaml")}`,
    "cassandra.storagedir": folder,
    "cassandra.logdir": folder,
    "cassandra-foreground": "yes",
    "cassandra.ring_delay_ms": 1_500,
    "cassandra.skip_wait_for_gossip_to_settle": 0,
    "cassandra.consistent.rangemovement": false,
    "cassandra.superuser_setup_delay_ms": 500,
    // Users too outlive the loss of a node.
    "cassandra.system_auth.default_rf": count,
    "jdk.attach.allowAttachSelf": true,
    "java.net.preferIPv4Stack": true,
    "java.security.manager": "allow",
    "logback.configurationFile": resource("cassandra-logback.xml"),
  };
  const logFile = join(folder, "server.log");
  const jvm = [`-Xms${heapMb}m`, `-Xmx${heapMb}m`, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss256k"];
  const server = new ServerProcess({
    name: `cassandra node ${index + 1}`,
    program: java(),
    args: [
      ...jvm,
      "-XX:MaxDirectMemorySize=256m",
      `-javaagent:${join(files.jars, "jamm-0.4.0.jar")}`,
      `@${resource("cassandra-jvm.options")}`,
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      "-cp",
      join(files.jars, "*"),
      "org.apache.cassandra.service.CassandraDaemon",
    ],
    logFile,
    ready: (said) => said().includes("Starting listening for CQL clients"),
    startTimeoutMs: 180_000,
    log,
  });
  return { process: server, logFile };
}

/** The seed first. A node listens before the others know it: waits until each has seen all of them, and for the superuser. */
async function startAll(nodes: readonly Node[], { storage }: CassandraPorts): Promise<void> {
  const [seed, ...others] = nodes as [Node, ...Node[]];
  await seed.process.start();
  await Promise.all(others.map((of) => of.process.start()));
  await until("the nodes to see each other, and a superuser to be there", 120_000, async () => {
    const said = await Promise.all(nodes.map(({ logFile }) => readFile(logFile, "utf8")));
    const sees = (log: string, peer: number): boolean => log.includes(`/127.0.0.${peer + 1}:${storage} is now UP`);
    const allSeen = said.every((log, i) => said.every((_, peer) => peer === i || sees(log, peer)));
    return allSeen && said.some((log) => log.includes("Created default superuser role"));
  });
}

function externalCassandra(addresses: string, log: Log): CassandraCluster {
  log(`using the Cassandra of TANDEM_CASSANDRA at ${addresses}`);
  const contactPoints = addresses.split(",").map((address) => address.trim());
  return {
    contactPoints,
    localDataCenter: process.env["TANDEM_CASSANDRA_DATACENTER"] ?? "datacenter1",
    credentials: {
      username: process.env["TANDEM_CASSANDRA_USER"] ?? "cassandra",
      password: process.env["TANDEM_CASSANDRA_PASSWORD"] ?? "cassandra",
    },
    certificate: undefined,
    nodes: contactPoints.map((address) => externalServer(address, "TANDEM_CASSANDRA")),
    stop: () => Promise.resolve(),
  };
}
