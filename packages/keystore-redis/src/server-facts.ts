import { TandemError } from "@tandem-cdc/core";

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
