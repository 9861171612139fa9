import { join } from "node:path";
import { type CassandraFiles, KEY_STORE_PASSWORD } from "./cassandra-files.ts";

export interface CassandraPorts {
  /** The same on every node: drivers learn the addresses of the others, not their ports. */
  readonly client: number;
  readonly storage: number;
}

export interface CassandraSettings {
  readonly folder: string;
  /** From 0. */
  readonly index: number;
  /** The address that drivers are told. */
  readonly advertised: string;
  readonly count: number;
  readonly ports: CassandraPorts;
  readonly files: CassandraFiles;
  readonly commitLog: "periodic" | "batch";
  /** Whether drivers that do not encrypt are turned away. */
  readonly tlsOnly: boolean;
}

/** The configuration of node `index` of `count`, on 127.0.0.(index + 1); small buffers, TLS for those who ask for it or for all. */
export function cassandraYaml({
  advertised,
  folder,
  index,
  count,
  ports,
  files,
  commitLog,
  tlsOnly,
}: CassandraSettings): string {
  const { keyStore } = files;
  const address = `127.0.0.${index + 1}`;
  const settings: Readonly<Record<string, unknown>> = {
    cluster_name: "testbed",
    // One evenly spread token a node: nothing to stream when the nodes join.
    num_tokens: 1,
    initial_token: `${-(2n ** 63n) + 1n + BigInt(index) * (2n ** 64n / BigInt(count))}`,
    auto_bootstrap: false,
    partitioner: "org.apache.cassandra.dht.Murmur3Partitioner",
    endpoint_snitch: "SimpleSnitch",
    seed_provider: [
      {
        class_name: "org.apache.cassandra.locator.SimpleSeedProvider",
        parameters: [{ seeds: `127.0.0.1:${ports.storage}` }],
      },
    ],
    listen_address: address,
    rpc_address: address,
    broadcast_rpc_address: advertised,
    storage_port: ports.storage,
    native_transport_port: ports.client,
    authenticator: "PasswordAuthenticator",
    authorizer: "CassandraAuthorizer",
    role_manager: "CassandraRoleManager",
    client_encryption_options: {
      enabled: true,
      optional: !tlsOnly,
      keystore: keyStore,
      keystore_password: KEY_STORE_PASSWORD,
    },
    data_file_directories: [join(folder, "data")],
    commitlog_directory: join(folder, "commitlog"),
    saved_caches_directory: join(folder, "saved_caches"),
    hints_directory: join(folder, "hints"),
    cdc_raw_directory: join(folder, "cdc_raw"),
    // Periodic: replayed up to its last marker, of which one is written each 100 ms. kill -9 of a node loses what it
    // acknowledged since, a power cut what it did since the last sync.
    commitlog_sync: commitLog,
    ...(commitLog === "periodic" ? { commitlog_sync_period: "10000ms" } : {}),
    commitlog_segment_size: "8MiB",
    commitlog_total_space: "64MiB",
    memtable_heap_space: "64MiB",
    memtable_offheap_space: "64MiB",
    file_cache_size: "32MiB",
    networking_cache_size: "32MiB",
    key_cache_size: "8MiB",
    concurrent_reads: 8,
    concurrent_writes: 16,
    concurrent_counter_writes: 4,
    concurrent_compactors: 1,
    native_transport_max_threads: 16,
  };
  return JSON.stringify(settings, null, 1); // which is YAML
}
