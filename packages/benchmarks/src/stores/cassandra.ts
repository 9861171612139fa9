import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DIGEST_BYTES, type KeyStore } from "@tandem-cdc/core";
import { cassandraStore } from "@tandem-cdc/keystore-cassandra";
import { type CassandraCluster, startCassandra } from "@tandem-cdc/testbed";
import driver from "cassandra-driver";
import { diskUsage, dropFromCache, filesUnder } from "./disk-usage.ts";
import { type Contestant, HORIZON_MS, type Subject } from "./subject.ts";

const KEYSPACE = "bench";
/** Statements of a batch of the baseline under way at the same time. */
const CONCURRENCY = 128;

/** At LOCAL_QUORUM with a replica on each node; as a baseline, a `SELECT` and then an `INSERT` for each claim. */
export async function cassandra(nodes: 1 | 3): Promise<Contestant> {
  const cluster = await startCassandra({ nodes, heapMb: nodes === 1 ? 1_024 : 768 });
  const packed = (): Promise<KeyStore> =>
    cassandraStore({
      contactPoints: cluster.contactPoints,
      localDataCenter: cluster.localDataCenter,
      credentials: cluster.credentials,
      replication: { [cluster.localDataCenter]: nodes },
      keyspace: KEYSPACE,
      namespace: "bench",
      horizonMs: HORIZON_MS,
    });
  return {
    packed: subject(cluster, "tandem_claims", packed),
    plain: subject(cluster, "plain_claims", () => plainStore(cluster)),
    stop: () => cluster.stop(),
  };
}

function subject(cluster: CassandraCluster, table: string, open: () => Promise<KeyStore>): Subject {
  return {
    open,
    // The mean of the replicas.
    async bytes() {
      await flush(cluster);
      const folders = await tableFolders(cluster, table);
      return folders.length === 0 ? undefined : (await diskUsage(...folders)) / cluster.nodes.length;
    },
    async cool() {
      await flush(cluster);
      return dropFromCache(await filesUnder(...(await tableFolders(cluster, table))));
    },
  };
}

/** A node that starts writes what it finds in its commit log to tables on disk, and begins with empty caches. */
async function flush(cluster: CassandraCluster): Promise<void> {
  for (const node of cluster.nodes) if (node.pid !== undefined) await node.restart();
}

/** Of every node that is a process of ours: it is told where its data is. */
async function tableFolders({ nodes }: CassandraCluster, table: string): Promise<string[]> {
  const folders: string[] = [];
  for (const { pid } of nodes) {
    if (pid === undefined) return [];
    const args = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
    const storage = args.find((arg) => arg.startsWith("-Dcassandra.storagedir="))?.split("=")[1] ?? "";
    const keyspace = join(storage, "data", KEYSPACE);
    const names = await readdir(keyspace);
    folders.push(...names.filter((name) => name.startsWith(`${table}-`)).map((name) => join(keyspace, name)));
  }
  return folders;
}

async function plainStore(cluster: CassandraCluster): Promise<KeyStore> {
  const { contactPoints, credentials, localDataCenter } = cluster;
  const port = Number(contactPoints[0]?.split(":")[1]);
  const client = new driver.Client({
    contactPoints: [...contactPoints],
    localDataCenter,
    credentials,
    protocolOptions: { port },
  });
  await client.connect();
  await client.execute(
    `CREATE TABLE IF NOT EXISTS ${KEYSPACE}.plain_claims (key blob PRIMARY KEY, owner bigint) WITH default_time_to_live = ${(HORIZON_MS * 1.25) / 1_000} AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS', 'compaction_window_size': 2}`,
  );
  const options = { prepare: true, consistency: driver.types.consistencies.localQuorum };
  const claimOne = async (key: Buffer, own: number): Promise<number> => {
    const { rows } = await client.execute(`SELECT owner FROM ${KEYSPACE}.plain_claims WHERE key = ?`, [key], options);
    const owner: unknown = rows[0]?.["owner"];
    if (owner !== undefined) return Number(owner);
    await client.execute(`INSERT INTO ${KEYSPACE}.plain_claims (key, owner) VALUES (?, ?)`, [key, own], options);
    return own;
  };
  return {
    async claim(_, { coordinates, digests, length }) {
      const owners = coordinates.slice(0, length);
      let next = 0;
      const work = async (): Promise<void> => {
        for (let i = next++; i < length; i = next++) {
          const key = Buffer.from(digests.buffer, digests.byteOffset + i * DIGEST_BYTES, DIGEST_BYTES);
          owners[i] = await claimOne(key, owners[i] ?? 0);
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, work));
      return { coordinates: owners, fingerprints: new Uint32Array(length) };
    },
    health: async () => ({ ok: true }),
    close: () => client.shutdown(),
  };
}
