import { findJava, findJavac, javaVersion, OLDEST_JAVA } from "./internal/java.ts";
import { which } from "./internal/command.ts";
import { type Log, stderrLog } from "./log.ts";
import { aptRefusal, type Packages } from "./internal/apt.ts";
import { MARIADB } from "./internal/mariadb-programs.ts";
import { POSTGRES } from "./internal/postgres-programs.ts";
import { REDIS } from "./internal/redis-programs.ts";

export type ServerKind =
  | "kafka"
  | "connect"
  | "mariadb"
  | "postgres"
  | "registry"
  | "redis"
  | "cassandra"
  | "connect-java";

/** From 24 on there is no security manager, which it needs. */
const NEWEST_JAVA_OF_CASSANDRA = 23;

export interface Availability {
  readonly ok: boolean;
  /** What is missing and what to install; empty when `ok`. */
  readonly reasons: readonly string[];
}

/**
 * Whether the servers can be had here; downloads nothing. For `describe.skipIf(!ok)` on machines without Java: says so
 * loudly, and throws where the tests must run (`TANDEM_REQUIRE_SERVERS=1` or `CI=true`).
 */
export async function available(servers: readonly ServerKind[], log: Log = stderrLog): Promise<Availability> {
  const found = await Promise.all(servers.map((server) => REFUSALS[server]()));
  const reasons = [...new Set(found.flat())];
  if (reasons.length === 0) return { ok: true, reasons };
  const message = `no ${servers.join(", ")} here: ${reasons.join("; ")}`;
  if (process.env["TANDEM_REQUIRE_SERVERS"] === "1" || process.env["CI"] === "true") throw new Error(message);
  log(`SKIPPING tests: ${message}`);
  return { ok: false, reasons };
}

const REFUSALS: Readonly<Record<ServerKind, () => Promise<string[]>>> = {
  kafka: () => (process.env["TANDEM_KAFKA"] ? none() : forJvm()),
  connect: () => (process.env["TANDEM_CONNECT"] ? none() : forJvm()),
  mariadb: () => (process.env["TANDEM_MARIADB_PRIMARY"] ? none() : forPackages(MARIADB)),
  postgres: () => (process.env["TANDEM_POSTGRES"] ? none() : forPackages(POSTGRES)),
  registry: () => (process.env["TANDEM_REGISTRY"] ? none() : forJvm()),
  "connect-java": forCompiler,
  cassandra: () => (process.env["TANDEM_CASSANDRA"] ? none() : forCassandra()),
  redis: () => (process.env["TANDEM_REDIS"] ? none() : forPackages(REDIS)),
};

async function none(): Promise<string[]> {
  return [];
}

async function forJvm(): Promise<string[]> {
  const reasons: string[] = [];
  const java = findJava();
  const version = java === undefined ? 0 : await javaVersion(java).catch(() => 0);
  if (version < OLDEST_JAVA) reasons.push(`install Java ${OLDEST_JAVA} or newer (found: ${version || "none"})`);
  if (which("mvn") === undefined) reasons.push("install Maven");
  return reasons;
}

async function forCompiler(): Promise<string[]> {
  const reasons = await forJvm();
  if (findJavac() === undefined)
    reasons.push(`install a JDK: its javac compiles the program that holds Connect's transforms`);
  return reasons;
}

async function forCassandra(): Promise<string[]> {
  const reasons = await forJvm();
  const java = findJava();
  const version = java === undefined ? 0 : await javaVersion(java).catch(() => 0);
  if (version > NEWEST_JAVA_OF_CASSANDRA)
    reasons.push(
      `Cassandra 5 runs on Java ${OLDEST_JAVA} to ${NEWEST_JAVA_OF_CASSANDRA}: set JAVA_HOME (found: ${version})`,
    );
  return reasons;
}

async function forPackages({ advice, find }: Packages<unknown>): Promise<string[]> {
  if (find() !== undefined) return [];
  const refusal = await aptRefusal(advice);
  return refusal === undefined ? [] : [refusal];
}
