import { type StoreWarning, TandemError } from "@tandem-cdc/core";

/** What a server says about itself by INFO. */
export interface ServerFacts {
  /** Of Redis, or the Redis version that Valkey stands for. */
  readonly version: string;
  readonly product: string;
  readonly role: string;
  /** Undefined: INFO does not tell. */
  readonly policy: string | undefined;
  readonly usedBytes: number;
  /** 0: no limit. */
  readonly maxBytes: number;
  readonly appendOnly: boolean;
  /** The append-only file could be written, last time. */
  readonly written: boolean;
  /** Of a cluster, as this node sees it: `ok`, or `fail` while slots have no master. */
  readonly clusterState?: string | undefined;
}

export const OLDEST_VERSION = 7;

export function factsOf(info: string): ServerFacts {
  const facts = new Map(
    info.split(/\r?\n/).map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
  const valkey = facts.get("valkey_version");
  const version = facts.get("redis_version") ?? "0";
  return {
    version,
    product: valkey === undefined ? `redis ${version}` : `valkey ${valkey}`,
    role: facts.get("role") ?? "unknown role",
    policy: facts.get("maxmemory_policy"),
    usedBytes: Number(facts.get("used_memory") ?? 0),
    maxBytes: Number(facts.get("maxmemory") ?? 0),
    appendOnly: facts.get("aof_enabled") === "1",
    written: (facts.get("aof_last_write_status") ?? "ok") === "ok",
  };
}

/** Why claims are not safe there; undefined when they are. */
export function dangerOf(facts: ServerFacts, allowEviction: boolean): TandemError | undefined {
  if (!(Number.parseInt(facts.version, 10) >= OLDEST_VERSION))
    return unsafe(`${facts.product} is too old: use Redis ${OLDEST_VERSION} or newer, or Valkey.`);
  // A replica takes no writes; after a failover that passes.
  if (facts.role === "slave")
    return new TandemError("STORE_UNAVAILABLE", "this Redis server is a replica: name the master, or its sentinels", {
      retriable: true,
    });
  if (allowEviction || facts.policy === "noeviction") return undefined;
  return facts.policy === undefined
    ? unsafe(
        "Redis does not tell its maxmemory-policy: allow +info or +config|get, or set allowEviction: true if lost claims (duplicates) are bearable.",
      )
    : unsafe(
        `Redis evicts claims when memory is short (maxmemory-policy ${facts.policy}): CONFIG SET maxmemory-policy noeviction, or set allowEviction: true if duplicates are bearable.`,
      );
}

/** What it promises less than it could. Lost claims give duplicates, never loss. */
export function warningsOf(facts: ServerFacts): StoreWarning[] {
  const { appendOnly, clusterState = "ok", policy, product, written } = facts;
  const found: StoreWarning[] = [];
  if (!appendOnly)
    found.push({
      message: `${product} has no append-only file: a restart of the server forgets claims`,
      fix: "redis-cli CONFIG SET appendonly yes, and appendonly yes in redis.conf",
    });
  if (!written)
    found.push({ message: `${product} cannot write its append-only file`, fix: "free its disk; see the server's log" });
  if (policy !== undefined && policy !== "noeviction")
    found.push({
      message: `${product} evicts claims when memory is short (maxmemory-policy ${policy})`,
      fix: "redis-cli CONFIG SET maxmemory-policy noeviction",
    });
  if (clusterState !== "ok")
    found.push({
      message: `the cluster's state is ${clusterState}: some slots have no master`,
      fix: "redis-cli --cluster check HOST:PORT, and --cluster fix",
    });
  return found;
}

/** What `CLUSTER INFO` says. */
export function clusterStateIn(info: string): string | undefined {
  return /^cluster_state:(\w+)/m.exec(info)?.[1];
}

export function detailOf(facts: ServerFacts): string {
  const { appendOnly, maxBytes, product, role, usedBytes } = facts;
  const used = `${megabytes(usedBytes)}${maxBytes === 0 ? "" : ` of ${megabytes(maxBytes)}`} MB used`;
  return `${product}, ${role}, ${used}, appendonly ${appendOnly ? "yes" : "no (a restart of the server forgets claims)"}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function unsafe(message: string): TandemError {
  return new TandemError("STORE_UNSAFE", message);
}
