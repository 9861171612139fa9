import { which } from "./internal/command.ts";
import { mariaDbSql } from "./internal/mariadb-sql.ts";
import type { Log } from "./log.ts";
import type { MariaDbCluster, MariaDbServer } from "./mariadb.ts";
import { externalServer } from "./server.ts";

const PRIMARY = "TANDEM_MARIADB_PRIMARY";
const REPLICAS = "TANDEM_MARIADB_REPLICAS";

/** The servers that the environment names, as user `TANDEM_MARIADB_USER` (app) with `TANDEM_MARIADB_PASSWORD` (app). */
export async function externalMariaDb(log: Log): Promise<Pick<MariaDbCluster, "primary" | "replicas">> {
  const primary = process.env[PRIMARY] ?? "";
  const replicas = (process.env[REPLICAS] ?? "").split(",").filter((address) => address !== "");
  log(`using the MariaDB of ${PRIMARY} at ${primary}, replicas at ${replicas.join(", ") || "none"}`);
  return {
    primary: await server(primary, PRIMARY),
    replicas: await Promise.all(replicas.map((address) => server(address, REPLICAS))),
  };
}

async function server(address: string, variable: string): Promise<MariaDbServer> {
  const client = which("mariadb");
  if (client === undefined) throw new Error("no mariadb client on the PATH: install mariadb-client");
  const at = externalServer(address, variable);
  const user = process.env["TANDEM_MARIADB_USER"] ?? "app";
  const password = process.env["TANDEM_MARIADB_PASSWORD"] ?? "app";
  const sql = mariaDbSql(client, [
    `--host=${at.host}`,
    `--port=${at.port}`,
    "--protocol=tcp",
    `--user=${user}`,
    `--password=${password}`,
  ]);
  return { ...at, sql, serverId: Number(await sql("SELECT @@server_id")) };
}
