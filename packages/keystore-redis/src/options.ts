import type { ConnectionOptions } from "node:tls";
import { TandemError } from "@tandem-cdc/core";
import type { Cluster, Redis } from "ioredis";

/** Exactly one of `url`, `sentinels` (with `name`), `nodes` and `client` says where the server is. */
export interface RedisBlockStoreOptions {
  /** The pipeline's name: pipelines of different namespaces do not meet on one server. */
  readonly namespace: string;
  /** How long claims have to live; the server keeps them a quarter longer, from their bucket's last append. */
  readonly horizonMs: number;
  /** One server: `redis://host:port/db`, or `rediss://` for TLS. User and password in it are overruled by the options. */
  readonly url?: string;
  /** `host:port` of each sentinel. */
  readonly sentinels?: readonly string[];
  /** The name that the sentinels know the master by. */
  readonly name?: string;
  /** `host:port` of some nodes of a cluster; the others are found by them. */
  readonly nodes?: readonly string[];
  /** A client of yours, connected and closed by you. Needs `enableOfflineQueue: false`, else it hoards writes while the server is down. */
  readonly client?: Redis | Cluster;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** `true`, or what `tls.connect` takes (`ca`, `cert`, `key`, `servername`). */
  readonly tls?: boolean | ConnectionOptions;
  /** For the connections to the sentinels. Default: as `tls`. */
  readonly sentinelTls?: boolean | ConnectionOptions;
  /** Every key begins with it. Default `tandem:`. */
  readonly keyPrefix?: string;
  /** Accept a server that may evict claims when memory is short. Evicted claims give duplicates. Default false. */
  readonly allowEviction?: boolean;
  /** Longest wait for one answer, and for the first connection. Default 5,000. */
  readonly timeoutMs?: number;
}

export const DEFAULT_KEY_PREFIX = "tandem:";
export const DEFAULT_TIMEOUT_MS = 5_000;

/** Throws CONFIG_INVALID on options that cannot be meant. */
export function checkOptions(options: RedisBlockStoreOptions): void {
  const { horizonMs, keyPrefix = "", name, namespace, sentinels, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const places = (["url", "sentinels", "nodes", "client"] as const).filter((place) => options[place] !== undefined);
  if (places.length !== 1)
    throw invalid(
      `name the Redis server by exactly one of url, sentinels, nodes and client (given: ${places.join(", ") || "none"})`,
    );
  if (typeof namespace !== "string" || namespace === "")
    throw invalid("namespace is the pipeline's name, and not empty");
  if (!(horizonMs > 0 && horizonMs < Number.MAX_SAFE_INTEGER / 2))
    throw invalid("horizonMs is a number of milliseconds above 0");
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) throw invalid("timeoutMs is a number of milliseconds above 0");
  // The first pair of braces of a key decides its slot, and it has to be ours.
  if (/[{}]/.test(keyPrefix)) throw invalid("keyPrefix must not contain braces");
  if ((sentinels === undefined) !== (name === undefined))
    throw invalid("sentinels and name belong together: name is what the sentinels call the master");
}

export function invalid(what: string): TandemError {
  return new TandemError("CONFIG_INVALID", `Redis key store: ${what}`);
}
