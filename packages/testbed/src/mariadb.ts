import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { installed } from "./internal/apt.ts";
import { command } from "./internal/command.ts";
import { MARIADB } from "./internal/mariadb-programs.ts";
import { serverUser } from "./internal/server-user.ts";
import { removeFolder, tempFolder } from "./internal/temp-folder.ts";
import { type Log, stderrLog, timed } from "./log.ts";
import { externalMariaDb } from "./mariadb-external.ts";
import { type MariaDbNode, mariaDbNode } from "./mariadb-node.ts";
import type { Server } from "./server.ts";

export interface MariaDbOptions {
  /** Default 2. */
  readonly replicas?: number;
  /**
   * "alike" (default): the replicas' binlogs are as equal as can be. "different": the last replica cuts its row events
   * at 1 KiB, writes no annotate events and is one binlog file ahead, so that file, position and row differ.
   */
  readonly layouts?: "alike" | "different";
  readonly log?: Log;
}

export interface SqlOptions {
  readonly database?: string;
}

export interface MariaDbServer extends Server {
  readonly serverId: number;
  /** Runs statements with all rights; resolves to the rows, one a line, columns parted by tabs, without column names. */
  sql(text: string, options?: SqlOptions): Promise<string>;
}

export interface MariaDbCluster {
  readonly primary: MariaDbServer;
  readonly replicas: readonly MariaDbServer[];
  /** Resolves when every replica has applied everything that the primary has committed. */
  waitForReplicas(timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const FIRST_SERVER_ID = 101;
const SHIFTED = [
  "binlog-row-event-max-size=1024",
  "binlog-annotate-row-events=OFF",
  "replicate-annotate-row-events=OFF",
];
const DEBEZIUM_RIGHTS =
  "SELECT, RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT, BINLOG MONITOR, LOCK TABLES, SLAVE MONITOR";

/**
 * Starts a primary (server id 101) and its replicas (102, 103), joined by GTID, or takes those that
 * `TANDEM_MARIADB_PRIMARY` and `TANDEM_MARIADB_REPLICAS` name. Users: `dbz` (password dbz) for connectors, `app` (app) with all rights.
 */
export async function startMariaDb(options: MariaDbOptions = {}): Promise<MariaDbCluster> {
  const { replicas: count = 2, layouts = "alike", log = stderrLog } = options;
  if (process.env["TANDEM_MARIADB_PRIMARY"]) return withWait(await externalMariaDb(log), () => Promise.resolve());
  const programs = await installed(MARIADB, log);
  const folder = await tempFolder("mariadb");
  const nodes: MariaDbNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.process.end("SIGKILL")));
    await removeFolder(folder);
  };
  try {
    return await timed(log, `started MariaDB (1 primary, ${count} replica${count === 1 ? "" : "s"})`, async () => {
      const user = await serverUser(folder, "mysql");
      for (let i = 0; i <= count; i++) {
        const extra = layouts === "different" && i === count && i > 0 ? SHIFTED : [];
        const serverId = FIRST_SERVER_ID + i;
        nodes.push(
          await mariaDbNode({
            folder: join(folder, `${serverId}`),
            serverId,
            replica: i > 0,
            extra,
            user,
            programs,
            log,
          }),
        );
      }
      await installData(nodes, user, programs.installDb);
      await Promise.all(nodes.map((node) => node.process.start()));
      await replicate(nodes);
      const [primary, ...replicas] = nodes.map((node) => node.server) as [MariaDbServer, ...MariaDbServer[]];
      if (layouts === "different") await replicas.at(-1)?.sql("FLUSH BINARY LOGS");
      const cluster = withWait({ primary, replicas }, stop);
      await cluster.waitForReplicas();
      return cluster;
    });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Installs the system tables once and copies them. */
async function installData(nodes: readonly MariaDbNode[], user: string | undefined, installDb: string): Promise<void> {
  const [first, ...others] = nodes as [MariaDbNode, ...MariaDbNode[]];
  for (const { folder } of nodes) await mkdir(join(folder, "tmp"), { recursive: true });
  await mkdir(first.data);
  const own = async (of: readonly MariaDbNode[]): Promise<void> => {
    if (user !== undefined) await command("chown", ["-R", `${user}:`, ...of.map(({ folder }) => folder)]);
  };
  await own([first]);
  await command(installDb, [
    `--defaults-file=${first.config}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
  ]);
  for (const { data } of others) await cp(first.data, data, { recursive: true });
  await own(nodes);
}

async function replicate(nodes: readonly MariaDbNode[]): Promise<void> {
  const [primary, ...replicas] = nodes.map((node) => node.server) as [MariaDbServer, ...MariaDbServer[]];
  // The installation wrote binlog events of its own: forget them, so that the GTID history is the primary's alone.
  await Promise.all([primary, ...replicas].map((node) => node.sql("RESET MASTER; SET GLOBAL gtid_slave_pos = ''")));
  await primary.sql(`
    CREATE USER repl@'%' IDENTIFIED BY 'repl'; GRANT REPLICATION SLAVE ON *.* TO repl@'%';
    CREATE USER dbz@'%' IDENTIFIED BY 'dbz'; GRANT ${DEBEZIUM_RIGHTS} ON *.* TO dbz@'%';
    CREATE USER app@'%' IDENTIFIED BY 'app'; GRANT ALL ON *.* TO app@'%' WITH GRANT OPTION`);
  const follow = `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${primary.port}, MASTER_USER='repl',
    MASTER_PASSWORD='repl', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1; SET GLOBAL slave_net_timeout=10; START SLAVE`;
  await Promise.all(replicas.map((node) => node.sql(follow)));
}

function withWait(servers: Pick<MariaDbCluster, "primary" | "replicas">, stop: () => Promise<void>): MariaDbCluster {
  const { primary, replicas } = servers;
  const waitForReplicas = async (timeoutMs = 60_000): Promise<void> => {
    const position = (await primary.sql("SELECT @@gtid_binlog_pos")).trim();
    await Promise.all(
      replicas.map(async (replica) => {
        const answer = (await replica.sql(`SELECT MASTER_GTID_WAIT('${position}', ${timeoutMs / 1_000})`)).trim();
        if (answer === "0") return;
        const status = await replica.sql("SHOW SLAVE STATUS\\G");
        throw new Error(`replica ${replica.serverId} has not reached ${position} within ${timeoutMs} ms:\n${status}`);
      }),
    );
  };
  return { primary, replicas, waitForReplicas, stop };
}
