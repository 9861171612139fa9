import type { ConnectorConfig } from "./connect-rest.ts";

export interface MariaDbConnectorOptions {
  /** The source's name: the value of the header `connector` on every record. */
  readonly name: string;
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly kafka: { readonly bootstrap: string };
  readonly database: string;
  /** The connector's own id as a replication client: different for every connector and server. */
  readonly serverId: number;
  /** Default "cdc". Two connectors on replicas of one database share it, and so write the same topics. */
  readonly topicPrefix?: string;
  readonly transforms?: string;
  readonly predicates?: string;
  /** Any other property of the connector; these win. */
  readonly [property: `${string}.${string}`]: string;
}

/** The configuration of a Debezium MariaDB connector that marks its records with its name. */
export function mariadbConnector(options: MariaDbConnectorOptions): ConnectorConfig {
  const { name, port, host = "127.0.0.1", kafka, database, serverId, topicPrefix = "cdc", ...properties } = options;
  return {
    "connector.class": "io.debezium.connector.mariadb.MariaDbConnector",
    "tasks.max": "1",
    "database.hostname": host,
    "database.port": `${port}`,
    "database.user": "dbz",
    "database.password": "dbz",
    "database.server.id": `${serverId}`,
    "database.ssl.mode": "disable",
    "database.include.list": database,
    "topic.prefix": topicPrefix,
    "schema.history.internal.kafka.bootstrap.servers": kafka.bootstrap,
    "schema.history.internal.kafka.topic": `_schema-history-${topicPrefix}-${name}`,
    "include.schema.changes": "true",
    "provide.transaction.metadata": "true",
    "heartbeat.interval.ms": "5000",
    "poll.interval.ms": "20",
    "snapshot.mode": "initial",
    "decimal.handling.mode": "string",
    // Two connectors with one prefix in one worker otherwise wait minutes for each other's metric names.
    "custom.metric.tags": `connector=${name}`,
    transforms: "who",
    "transforms.who.type": "org.apache.kafka.connect.transforms.InsertHeader",
    "transforms.who.header": "connector",
    "transforms.who.value.literal": name,
    ...properties,
  };
}
