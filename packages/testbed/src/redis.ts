import { join } from "node:path";
import { command, which } from "./internal/command.ts";
import { freePort } from "./internal/free-port.ts";
import { removeFolder, tempFolder } from "./internal/temp-folder.ts";
import { until } from "./internal/until.ts";
import { type Log, stderrLog, timed } from "./log.ts";
import {
  type RedisNode,
  redisNode,
  type RedisNodeOptions,
  type RedisServer,
  type RedisSettings,
} from "./redis-node.ts";
import { externalServer } from "./server.ts";

export interface RedisOptions {
  /** More lines for every server's redis.conf; they win. */
  readonly settings?: RedisSettings;
  /** For redis-cli, before its command: how to log in, where the settings ask for it. */
  readonly cliOptions?: readonly string[];
  readonly log?: Log;
}

export interface RedisSingle extends RedisServer {
  stop(): Promise<void>;
}

export interface RedisSentinel {
  /** The name that the sentinels know the master by. */
  readonly name: string;
  readonly sentinels: readonly RedisServer[];
  /** The first one starts as the master. */
  readonly servers: readonly RedisServer[];
  /** The server that the sentinels call the master now. */
  master(): Promise<RedisServer>;
  stop(): Promise<void>;
}

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

/**
 * An acknowledged write is in the append-only file, and survives kill -9: "always" and not "everysec", which lets
 * writes wait in the process for up to two seconds while an fsync is slow.
 */
const DURABLE: RedisSettings = {
  appendonly: "yes",
  appendfsync: "always",
  save: "",
  "maxmemory-policy": "noeviction",
  maxmemory: "256mb",
};
const NAME = "claims";

/** Starts a Redis server with an append-only file, or takes the one that `TANDEM_REDIS` (`host:port`) names. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisSingle> {
  const external = process.env["TANDEM_REDIS"];
  if (external && options.settings === undefined) return externalRedis(external, options.log ?? stderrLog);
  const {
    nodes: [node],
    stop,
  } = await started(["redis"], "redis", options);
  return Object.assign((node as RedisNode).server, { stop });
}

/** Starts a master, a replica and three sentinels, of which two can order a failover. */
export async function startRedisSentinel(options: RedisOptions = {}): Promise<RedisSentinel> {
  const data = await started(["redis 1", "redis 2"], "redis", options);
  const [first, second] = data.nodes.map(({ server }) => server) as [RedisServer, RedisServer];
  const watched: { stop?: () => Promise<void> } = {};
  const stop = async (): Promise<void> => {
    await watched.stop?.();
    await data.stop();
  };
  try {
    await second.cli("replicaof", "127.0.0.1", `${first.port}`);
    const tls = Object.entries(options.settings ?? {}).filter(([key]) => key.startsWith("tls-"));
    const settings = {
      ...Object.fromEntries(tls),
      sentinel: [
        `monitor ${NAME} 127.0.0.1 ${first.port} 2`,
        `down-after-milliseconds ${NAME} 1000`,
        `failover-timeout ${NAME} 5000`,
      ],
    };
    const names = ["sentinel 1", "sentinel 2", "sentinel 3"];
    const sentinels = await started(names, "sentinel", { settings, ...(options.log && { log: options.log }) });
    watched.stop = sentinels.stop;
    const servers = sentinels.nodes.map(({ server }) => server);
    for (const sentinel of servers) {
      await until("the sentinels to know each other and the replica", 30_000, async () => {
        const known = await sentinel.cli("sentinel", "master", NAME);
        return /num-slaves\n1\n/.test(known) && /num-other-sentinels\n2\n/.test(known);
      });
    }
    const master = async (): Promise<RedisServer> => {
      const port = (await (servers[0] as RedisServer).cli("sentinel", "get-master-addr-by-name", NAME)).split("\n")[1];
      return [first, second].find((server) => `${server.port}` === port) ?? first;
    };
    return { name: NAME, sentinels: servers, servers: [first, second], master, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a cluster of three masters that share the slots. */
export async function startRedisCluster(options: RedisOptions = {}): Promise<RedisCluster> {
  const cluster = { "cluster-enabled": "yes", "cluster-node-timeout": "2000" };
  const settings = { ...cluster, ...options.settings };
  const { nodes, stop } = await started(["redis 1", "redis 2", "redis 3"], "redis", { ...options, settings });
  const servers = nodes.map(({ server }) => server);
  try {
    const [first] = servers as [RedisServer];
    await first.cli("--cluster", "create", ...servers.map(({ address }) => address), "--cluster-yes");
    for (const server of servers)
      await until("the cluster to be whole", 30_000, async () =>
        (await server.cli("cluster", "info")).includes("cluster_state:ok"),
      );
    return { nodes: servers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Started {
  readonly nodes: readonly RedisNode[];
  readonly stop: () => Promise<void>;
}

async function started(
  names: readonly string[],
  kind: RedisNodeOptions["kind"],
  options: RedisOptions,
): Promise<Started> {
  const { cliOptions = [], log = stderrLog } = options;
  const folder = await tempFolder(kind);
  const nodes: RedisNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.process.end("SIGKILL")));
    await removeFolder(folder);
  };
  try {
    await timed(log, `started ${names.join(", ")}`, async () => {
      for (const name of names) {
        // Not port + 10,000, where outgoing connections have theirs.
        const bus = options.settings?.["cluster-enabled"] === "yes" ? { "cluster-port": `${await freePort()}` } : {};
        const settings = { ...(kind === "redis" ? DURABLE : {}), ...bus, ...options.settings };
        nodes.push(
          await redisNode({ name, kind, folder: join(folder, name.replace(" ", "-")), settings, cliOptions, log }),
        );
      }
      await Promise.all(nodes.map((node) => node.process.start()));
    });
    return { nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function externalRedis(address: string, log: Log): RedisSingle {
  log(`using the Redis of TANDEM_REDIS at ${address}`);
  const server = externalServer(address, "TANDEM_REDIS");
  const client = which("redis-cli") ?? "redis-cli";
  const cli = (...args: readonly string[]): Promise<string> =>
    command(client, ["-h", server.host, "-p", `${server.port}`, ...args]);
  return { ...server, address, cli, stop: () => Promise.resolve() };
}
