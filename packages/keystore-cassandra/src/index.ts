export {
  cassandraBlockStore,
  type CassandraBlockStoreOptions,
  cassandraStore,
  type CassandraStoreOptions,
} from "./cassandra-store.ts";
export type {
  CassandraClient,
  CassandraCluster,
  CassandraConsistency,
  CassandraTable,
  Credentials,
} from "./options.ts";
