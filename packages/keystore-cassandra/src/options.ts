import type { ConnectionOptions } from "node:tls";
import { TandemError } from "@tandem-cdc/core";
import cassandra, { type QueryOptions, type types } from "cassandra-driver";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What is used of a driver's `Client`. */
export interface CassandraClient {
  connect(): Promise<void>;
  execute(
    query: string,
    params: unknown[],
    options: QueryOptions,
  ): Promise<Pick<types.ResultSet, "rows" | "pageState">>;
  batch(queries: { query: string; params: unknown[] }[], options: QueryOptions): Promise<unknown>;
  shutdown(): Promise<void>;
}

/** The servers: how to reach them, or a client that stays its owner's to shut down. */
export type CassandraCluster =
  | {
      /** `host` or `host:port`; the nodes all listen at one port. */
      readonly contactPoints: readonly string[];
      /** The data center that this process is in: whose replicas LOCAL_QUORUM asks. */
      readonly localDataCenter: string;
      readonly credentials?: Credentials;
      /** `true`: by the system's certificate authorities. The certificate and its name are checked unless `rejectUnauthorized: false` is said here. */
      readonly tls?: boolean | ConnectionOptions;
      readonly client?: undefined;
    }
  | { readonly client: CassandraClient; readonly contactPoints?: undefined };

/** Both reads and writes; those weaker than a quorum need `acceptWeakConsistency`. */
export type CassandraConsistency = "LOCAL_QUORUM" | "QUORUM" | "ALL" | "LOCAL_ONE" | "ONE" | "TWO" | "THREE";

export interface CassandraTable {
  /** The pipeline's name: what two pipelines keep in one table never meets. */
  readonly namespace: string;
  /** How long claims have to live. They are kept a quarter longer. */
  readonly horizonMs: number;
  readonly keyspace: string;
  /** Default `tandem_claims`. One table holds claims of one horizon. */
  readonly table?: string;
  /** Replicas in each data center. Default: three in `localDataCenter`. When given, a keyspace that is otherwise is refused. */
  readonly replication?: Readonly<Record<string, number>>;
  /** Default true: creates the keyspace if it is not there. The table is created whenever it is not there. */
  readonly createKeyspace?: boolean;
  /** Default LOCAL_QUORUM. */
  readonly consistency?: CassandraConsistency;
  /** Default false. True: what one replica says is enough, and claims that it lacks give duplicates. */
  readonly acceptWeakConsistency?: boolean;
  /** How long one try of a statement may take. Default 5,000. */
  readonly requestTimeoutMs?: number;
  /** Statements under way at the same time, over all lanes. Default 64. */
  readonly concurrency?: number;
}

const { consistencies } = cassandra.types;
const CONSISTENCIES: Readonly<Record<CassandraConsistency, types.consistencies>> = {
  LOCAL_QUORUM: consistencies.localQuorum,
  QUORUM: consistencies.quorum,
  ALL: consistencies.all,
  LOCAL_ONE: consistencies.localOne,
  ONE: consistencies.one,
  TWO: consistencies.two,
  THREE: consistencies.three,
};
const QUORUMS: readonly string[] = ["LOCAL_QUORUM", "QUORUM", "ALL"];
/** What Cassandra takes as a time to live: twenty years. */
const LONGEST_TTL_SECONDS = 630_720_000;

/** The options of the table, complete and checked. */
export interface Settings {
  readonly namespace: string;
  readonly keyspace: string;
  readonly table: string;
  readonly keptSeconds: number;
  readonly replication: Readonly<Record<string, number>> | null;
  readonly localDataCenter: string | null;
  readonly createKeyspace: boolean;
  readonly consistency: CassandraConsistency;
  readonly requestTimeoutMs: number;
  readonly concurrency: number;
}

export function settingsOf(options: CassandraTable & CassandraCluster): Settings {
  const { table = "tandem_claims", consistency = "LOCAL_QUORUM", requestTimeoutMs = 5_000, concurrency = 64 } = options;
  if (typeof options.namespace !== "string" || options.namespace === "")
    throw invalid("namespace", "has to be the pipeline's name");
  for (const [name, value] of Object.entries({ keyspace: options.keyspace, table }))
    if (typeof value !== "string" || !/^[A-Za-z]\w{0,47}$/.test(value))
      throw invalid(name, "has to be a letter, then at most 47 letters, digits, _");
  positive("horizonMs", options.horizonMs);
  positive("requestTimeoutMs", requestTimeoutMs);
  positive("concurrency", concurrency);
  const keptSeconds = Math.ceil((options.horizonMs * 1.25) / 1_000);
  if (keptSeconds > LONGEST_TTL_SECONDS) throw invalid("horizonMs", "has to be at most sixteen years");
  checkConsistency(consistency, options.acceptWeakConsistency === true);
  for (const [dataCenter, factor] of Object.entries(options.replication ?? {}))
    positive(`replication of ${dataCenter}`, factor);
  return {
    namespace: options.namespace,
    keyspace: options.keyspace,
    table,
    keptSeconds,
    replication: options.replication ?? null,
    localDataCenter: options.client === undefined ? checkedCluster(options).localDataCenter : null,
    createKeyspace: options.createKeyspace ?? true,
    consistency,
    requestTimeoutMs,
    concurrency,
  };
}

export function consistencyCode(consistency: CassandraConsistency): types.consistencies {
  return CONSISTENCIES[consistency];
}

export function invalid(name: string, why: string): TandemError {
  return new TandemError("CONFIG_INVALID", `Cassandra store: ${name} ${why}`);
}

function positive(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) <= 0) throw invalid(name, "has to be a whole number above 0");
}

function checkConsistency(consistency: string, weakAccepted: boolean): void {
  if (!Object.hasOwn(CONSISTENCIES, consistency))
    throw invalid("consistency", `"${consistency}" is none of ${Object.keys(CONSISTENCIES).join(", ")}`);
  if (QUORUMS.includes(consistency) || weakAccepted) return;
  throw new TandemError(
    "STORE_UNSAFE",
    `Cassandra store: with consistency ${consistency} a read may miss a claim that was acknowledged, which gives duplicates. Use ${QUORUMS.join(", ")}, or say acceptWeakConsistency: true`,
  );
}

/** A data center that is missing is told when we know which there are. */
function checkedCluster(cluster: Extract<CassandraCluster, { client?: undefined }>): { localDataCenter: string } {
  const { contactPoints, localDataCenter, credentials } = cluster;
  if (!Array.isArray(contactPoints) || contactPoints.length === 0 || contactPoints.some((point) => point === ""))
    throw invalid("contactPoints", 'has to name at least one node, "host" or "host:port"');
  if (
    credentials !== undefined &&
    (typeof credentials.username !== "string" || typeof credentials.password !== "string")
  )
    throw invalid("credentials", "has to hold username and password");
  return { localDataCenter };
}
