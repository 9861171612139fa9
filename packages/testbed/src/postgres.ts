import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { installed } from "./internal/apt.ts";
import { command, which } from "./internal/command.ts";
import { freePort } from "./internal/free-port.ts";
import { POSTGRES } from "./internal/postgres-programs.ts";
import { ServerProcess } from "./internal/server-process.ts";
import { serverUser } from "./internal/server-user.ts";
import { removeFolder, tempFolder } from "./internal/temp-folder.ts";
import { type Log, stderrLog, timed } from "./log.ts";
import type { SqlOptions } from "./mariadb.ts";
import { externalServer, ownServer, type Server } from "./server.ts";

export interface PostgresOptions {
  /** More lines of postgresql.conf; they win. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: Log;
}

export interface PostgresServer extends Server {
  /** Runs statements with all rights, in database `postgres` unless told; resolves to the rows, one a line, columns parted by tabs. */
  sql(text: string, options?: SqlOptions): Promise<string>;
  stop(): Promise<void>;
}

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  wal_level: "logical",
  max_wal_senders: "10",
  max_replication_slots: "10",
  shared_buffers: "64MB",
  max_connections: "40",
  // Written to the operating system at each commit, not synced: kill -9 loses nothing, only a power cut would.
  fsync: "off",
  timezone: "UTC",
};

/**
 * Starts a PostgreSQL that keeps what logical slots need, or takes the one that `TANDEM_POSTGRES` (`host:port`) names.
 * Its superuser, for connectors too, is `dbz` (password dbz).
 */
export async function startPostgres({ settings, log = stderrLog }: PostgresOptions = {}): Promise<PostgresServer> {
  const external = process.env["TANDEM_POSTGRES"];
  if (external) return externalPostgres(external, log);
  const programs = await installed(POSTGRES, log);
  const [folder, port] = [await tempFolder("postgres"), await freePort()];
  const user = await serverUser(folder, "postgres");
  const data = join(folder, "data");
  const logFile = join(folder, "server.log");
  const sql = postgresSql(programs.client, { host: "127.0.0.1", port });
  // Without a shell between them: signals reach the server itself.
  const run = user === undefined ? [] : ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--init-groups"];
  const line = (program: string, ...args: readonly string[]): [string, string[]] => {
    const [first = program, ...rest] = [...run, program, ...args];
    return [first, rest];
  };
  const all = Object.entries({ ...SETTINGS, port: `${port}`, ...settings });
  const [program, args] = line(
    programs.server,
    "-D",
    data,
    ...all.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  );
  const server = new ServerProcess({
    name: "postgres",
    program,
    args,
    logFile,
    ready: () =>
      sql("SELECT 1").then(
        () => true,
        () => false,
      ),
    startTimeoutMs: 60_000,
    log,
  });
  const stop = async (): Promise<void> => {
    await server.end("SIGINT"); // SIGKILL would leave its shared memory behind
    await removeFolder(folder);
  };
  try {
    await timed(log, "started PostgreSQL", async () => {
      await mkdir(data);
      await chmod(data, 0o700);
      if (user !== undefined) await command("chown", [`${user}:`, data]);
      await command(...line(programs.initDb, "-D", data, "-U", "dbz", "--auth=trust", "--encoding=UTF8", "--locale=C"));
      await server.start();
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return Object.assign(ownServer(port, server), { sql, stop });
}

function postgresSql(
  client: string,
  { host, port }: { readonly host: string; readonly port: number },
): PostgresServer["sql"] {
  const user = process.env["TANDEM_POSTGRES_USER"] ?? "dbz";
  const env = { PGPASSWORD: process.env["TANDEM_POSTGRES_PASSWORD"] ?? "dbz" };
  const login = [`--host=${host}`, `--port=${port}`, `--username=${user}`];
  const format = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=\t"];
  return async (text, { database = "postgres" } = {}) => {
    const args = [...login, ...format, "--set=ON_ERROR_STOP=1", `--dbname=${database}`];
    return (await command(client, args, { input: text, env })).replace(/\n$/, "");
  };
}

function externalPostgres(address: string, log: Log): PostgresServer {
  log(`using the PostgreSQL of TANDEM_POSTGRES at ${address}`);
  const client = which("psql");
  if (client === undefined) throw new Error("no psql on the PATH: install postgresql-client");
  const server = externalServer(address, "TANDEM_POSTGRES");
  return { ...server, sql: postgresSql(client, server), stop: () => Promise.resolve() };
}
