import type { ConnectorConfig } from "./connect-rest.ts";

export interface PostgresConnectorOptions {
  /** The source's name: the value of the header `connector` on every record, and the name of its slot. */
  readonly name: string;
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly database: string;
  /** Default "cdc". Two connectors on one database share it, and so write the same topics. */
  readonly topicPrefix?: string;
  readonly transforms?: string;
  readonly predicates?: string;
  /** Any other property of the connector; these win. */
  readonly [property: `${string}.${string}`]: string;
}

/** The configuration of a Debezium PostgreSQL connector with a slot of its own, that marks its records with its name. */
export function postgresConnector(options: PostgresConnectorOptions): ConnectorConfig {
  const { name, port, host = "127.0.0.1", database, topicPrefix = "cdc", ...properties } = options;
  return {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "tasks.max": "1",
    "database.hostname": host,
    "database.port": `${port}`,
    "database.user": "dbz",
    "database.password": "dbz",
    "database.dbname": database,
    "topic.prefix": topicPrefix,
    "plugin.name": "pgoutput",
    "slot.name": `slot_${name}`,
    // One publication for all: every slot then sees the same tables.
    "publication.name": "dbz_publication",
    "publication.autocreate.mode": "all_tables",
    "provide.transaction.metadata": "true",
    "heartbeat.interval.ms": "5000",
    "poll.interval.ms": "20",
    "snapshot.mode": "initial",
    "decimal.handling.mode": "string",
    "custom.metric.tags": `connector=${name}`,
    transforms: "who",
    "transforms.who.type": "org.apache.kafka.connect.transforms.InsertHeader",
    "transforms.who.header": "connector",
    "transforms.who.value.literal": name,
    ...properties,
  };
}
