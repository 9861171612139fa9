import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installed } from "./internal/apt.ts";
import { command } from "./internal/command.ts";
import { freePort } from "./internal/free-port.ts";
import { REDIS } from "./internal/redis-programs.ts";
import { ServerProcess } from "./internal/server-process.ts";
import { type Log } from "./log.ts";
import { ownServer, type Server } from "./server.ts";

export interface RedisServer extends Server {
  /** `host:port`. */
  readonly address: string;
  /** Runs one command by redis-cli; resolves to what it prints. */
  cli(...args: readonly string[]): Promise<string>;
}

export interface RedisNode {
  readonly server: RedisServer;
  readonly process: ServerProcess;
}

/** Lines of redis.conf; a value that is a list makes a line of each. With a `tls-cert-file` the server speaks TLS only. */
export type RedisSettings = Readonly<Record<string, string | readonly string[]>>;

export interface RedisNodeOptions {
  /** For messages: "redis 2". */
  readonly name: string;
  readonly folder: string;
  readonly kind: "redis" | "sentinel";
  readonly settings: RedisSettings;
  /** For redis-cli, before its command: how to log in, where the server asks for it. */
  readonly cliOptions?: readonly string[];
  readonly log: Log;
}

const READY = { redis: "Ready to accept connections", sentinel: "+monitor master" };

/** One server with its configuration file written, not yet started. */
export async function redisNode(options: RedisNodeOptions): Promise<RedisNode> {
  const { cliOptions = [], folder, kind, log, name, settings } = options;
  const programs = await installed(REDIS, log);
  const port = await freePort();
  const secure = settings["tls-cert-file"] !== undefined;
  const config = join(folder, "redis.conf");
  await mkdir(folder, { recursive: true });
  const listen = secure ? { port: "0", "tls-port": `${port}` } : { port: `${port}` };
  const lines = Object.entries({ ...listen, bind: "127.0.0.1", dir: folder, daemonize: "no", ...settings });
  const line = ([key, value]: readonly [string, string | readonly string[]]): string =>
    [value]
      .flat()
      .map((one) => `${key} ${one === "" ? '""' : one}\n`)
      .join("");
  await writeFile(config, lines.map(line).join(""));
  const process = new ServerProcess({
    name,
    program: programs.server,
    args: [config, ...(kind === "sentinel" ? ["--sentinel"] : [])],
    logFile: join(folder, "server.log"),
    ready: (said) => said().includes(READY[kind]),
    startTimeoutMs: 30_000,
    log,
  });
  const at = ["-h", "127.0.0.1", "-p", `${port}`, ...(secure ? ["--tls", "--insecure"] : []), ...cliOptions];
  const cli = (...args: readonly string[]): Promise<string> => command(programs.client, [...at, ...args]);
  return { process, server: Object.assign(ownServer(port, process), { address: `127.0.0.1:${port}`, cli }) };
}
