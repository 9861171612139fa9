import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./internal/free-port.ts";
import type { MariaDbPrograms } from "./internal/mariadb-programs.ts";
import { mariaDbSql } from "./internal/mariadb-sql.ts";
import { ServerProcess } from "./internal/server-process.ts";
import type { Log } from "./log.ts";
import type { MariaDbServer } from "./mariadb.ts";
import { ownServer } from "./server.ts";

export interface MariaDbNode {
  readonly folder: string;
  readonly data: string;
  readonly config: string;
  readonly process: ServerProcess;
  readonly server: MariaDbServer;
}

export interface MariaDbNodeOptions {
  readonly folder: string;
  readonly serverId: number;
  readonly replica: boolean;
  readonly extra: readonly string[];
  /** The user that the server runs as; undefined: this process's. */
  readonly user: string | undefined;
  readonly programs: MariaDbPrograms;
  readonly log: Log;
}

/** One server with its configuration file written, not yet installed or started. */
export async function mariaDbNode(options: MariaDbNodeOptions): Promise<MariaDbNode> {
  const { folder, serverId, replica, programs, log } = options;
  const port = await freePort();
  const socket = join(folder, "s.sock");
  const config = join(folder, "my.cnf");
  const data = join(folder, "data");
  await mkdir(folder);
  await writeFile(config, `[mariadbd]\n${settings(options, data, socket, port).join("\n")}\n`);
  const sql = mariaDbSql(programs.client, ["-uroot", `--socket=${socket}`]);
  const server = new ServerProcess({
    name: `mariadb ${serverId}${replica ? " (replica)" : " (primary)"}`,
    program: programs.server,
    args: [`--defaults-file=${config}`],
    logFile: join(folder, "server.log"),
    ready: () =>
      sql("SELECT 1").then(
        () => true,
        () => false,
      ),
    startTimeoutMs: 60_000,
    log,
  });
  return { folder, data, config, process: server, server: Object.assign(ownServer(port, server), { serverId, sql }) };
}

function settings(
  { folder, serverId, replica, extra, user }: MariaDbNodeOptions,
  data: string,
  socket: string,
  port: number,
): string[] {
  return [
    ...(user === undefined ? [] : [`user=${user}`]),
    `datadir=${data}`,
    `tmpdir=${join(folder, "tmp")}`,
    `socket=${socket}`,
    `pid-file=${join(folder, "pid")}`,
    `port=${port}`,
    "bind-address=127.0.0.1",
    "skip-name-resolve",
    `server-id=${serverId}`,
    `log-bin=bin${serverId}`,
    "binlog-checksum=CRC32",
    "log-slave-updates=ON",
    "binlog-format=ROW",
    "binlog-row-image=FULL",
    "binlog-row-metadata=FULL",
    "gtid-domain-id=0",
    "gtid-strict-mode=ON",
    `relay-log=relay${serverId}`,
    "slave-parallel-threads=0",
    // Written to the operating system at each commit, not synced: kill -9 loses nothing, only a power cut would.
    "sync-binlog=0",
    "innodb-flush-log-at-trx-commit=2",
    "innodb-buffer-pool-size=64M",
    "innodb-log-file-size=32M",
    "performance-schema=OFF",
    "max-connections=60",
    "default-time-zone=+00:00",
    ...(replica ? ["read-only=ON"] : []),
    ...extra,
  ];
}
