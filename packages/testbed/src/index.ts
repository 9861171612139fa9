export { available, type Availability, type ServerKind } from "./available.ts";
export { type CassandraCluster, type CassandraOptions, startCassandra } from "./cassandra.ts";
export {
  type BenchRequest,
  type BenchResult,
  type ConnectJava,
  connectJava,
  type JavaAnswer,
  type JavaError,
  type AvroBody,
  type JavaRequest,
  type JavaStep,
  type WireHeader,
  type WireRecord,
  type WireSchema,
} from "./connect-java.ts";
export { type Certificates, certificates } from "./certificates.ts";
export { type Broker, type KafkaCluster, type KafkaOptions, startKafka } from "./kafka.ts";
export { type Door } from "./kafka-doors.ts";
export { type SecureListener } from "./kafka-secure.ts";
export { type KafkaTools, type TopicOptions } from "./kafka-tools.ts";
export { type Log } from "./log.ts";
export { prepare, type PrepareOptions } from "./preparation.ts";
export { type Server } from "./server.ts";
export {
  type MariaDbCluster,
  type MariaDbOptions,
  type MariaDbServer,
  type SqlOptions,
  startMariaDb,
} from "./mariadb.ts";
export { postgresConnector, type PostgresConnectorOptions } from "./postgres-connector.ts";
export { type PostgresOptions, type PostgresServer, startPostgres } from "./postgres.ts";
export { avroConverters } from "./avro-converters.ts";
export { type RegistryOptions, type RegistryServer, startRegistry } from "./registry.ts";
export { type RegistryUser } from "./internal/guard.ts";
export { type ConnectPlugin } from "./internal/connect-plugins.ts";
export { type ConnectCluster, type ConnectOptions, startConnect, type Worker } from "./connect.ts";
export { type ConnectorConfig, type ConnectorStatus } from "./connect-rest.ts";
export { mariadbConnector, type MariaDbConnectorOptions } from "./mariadb-connector.ts";
export {
  type RedisCluster,
  type RedisOptions,
  type RedisSentinel,
  type RedisSingle,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from "./redis.ts";
export { type RedisServer, type RedisSettings } from "./redis-node.ts";
