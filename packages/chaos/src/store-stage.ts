import { fileURLToPath } from "node:url";
import { type Server, startCassandra, startRedis } from "@tandem-cdc/testbed";
import { Proxy } from "./proxy.ts";
import type { StoreName } from "./schedule.ts";

/** The store's servers, and the network before them. */
export interface StoreStage {
  /** Empty where the store is none. */
  readonly servers: readonly Server[];
  /** YAML of `dedup.store` for an instance. */
  yaml(instance: number): string;
  /** What lies between an instance and the servers. Of Cassandra all instances share it: its nodes have one address each. */
  links(instance: number): readonly Proxy[];
  stop(): Promise<void>;
}

const NAIVE = fileURLToPath(new URL("../dist/naive-store.js", import.meta.url));

/** More keys of `dedup.store`. */
type More = Readonly<Record<string, unknown>>;

const START: Readonly<Record<StoreName, (instances: number, more: More) => Promise<StoreStage>>> = {
  redis: (instances, more) => redis(instances, (url) => ({ type: "redis", url, ...more })),
  naive: (instances) => redis(instances, (url) => ({ type: NAIVE, url })),
  cassandra: (_, more) => cassandra(more),
  rocksdb: async (_, more) => ({
    servers: [],
    yaml: () => JSON.stringify({ type: "rocksdb", path: "claims", ...more }),
    links: () => [],
    stop: () => Promise.resolve(),
  }),
};

export function startStore(store: StoreName, instances: number, more: More = {}): Promise<StoreStage> {
  return START[store](instances, more);
}

async function redis(instances: number, config: (url: string) => unknown): Promise<StoreStage> {
  const server = await startRedis();
  const links = await Promise.all(
    Array.from({ length: instances }, () => Proxy.open({ host: "127.0.0.1", port: 0 }, server)),
  );
  const linkOf = (instance: number): Proxy => links[instance] as Proxy;
  return {
    servers: [server],
    yaml: (instance) => JSON.stringify(config(`redis://127.0.0.1:${linkOf(instance).port}`)),
    links: (instance) => [linkOf(instance)],
    async stop() {
      await Promise.all(links.map((link) => link.close()));
      await server.stop();
    },
  };
}

async function cassandra(more: More): Promise<StoreStage> {
  const cluster = await startCassandra({
    nodes: 3,
    // A node that is killed has kept what it acknowledged.
    commitLog: "batch",
    behindProxies: true,
  });
  const { contactPoints, credentials, localDataCenter, nodes } = cluster;
  const links = await Promise.all(
    nodes.map((node, i) => {
      const [host] = (contactPoints[i] as string).split(":") as [string];
      return Proxy.open({ host, port: node.port }, node);
    }),
  );
  const keys = { contactPoints, credentials, localDataCenter, keyspace: "tandem" };
  return {
    servers: nodes,
    yaml: () => JSON.stringify({ type: "cassandra", ...keys, replication: { [localDataCenter]: 3 }, ...more }),
    links: () => links,
    async stop() {
      await Promise.all(links.map((link) => link.close()));
      await cluster.stop();
    },
  };
}
