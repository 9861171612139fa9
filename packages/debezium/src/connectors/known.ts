import type { Connector } from "./connector.ts";
import { mariadb } from "./mariadb.ts";
import { mongodb } from "./mongodb.ts";
import { mysql } from "./mysql.ts";
import { oracle } from "./oracle.ts";
import { postgresql } from "./postgresql.ts";
import { sqlserver } from "./sqlserver.ts";

export type ConnectorName = "mariadb" | "mysql" | "postgresql" | "mongodb" | "oracle" | "sqlserver";

/** The connectors that have a rule, by the name that their events carry. */
export const CONNECTORS: Readonly<Record<ConnectorName, Connector>> = {
  mariadb,
  mysql,
  postgresql,
  mongodb,
  oracle,
  sqlserver,
};

export const CONNECTOR_NAMES: readonly ConnectorName[] = Object.keys(CONNECTORS) as ConnectorName[];

export function isConnectorName(name: string): name is ConnectorName {
  return Object.hasOwn(CONNECTORS, name);
}
