import type { Settings } from "./options.ts";

/** Replication of a keyspace by NetworkTopologyStrategy: replicas by data center. */
export type Replication = Readonly<Record<string, number>>;

/** Longer than a node that was away gets hints for (three hours): what it missed still reaches it. */
const GC_GRACE_SECONDS = 10_800;
/** How many time windows the kept lifetime is cut into. Cassandra's advice is 20 to 50. */
const WINDOWS = 30;

/** Column, type and what it is: the whole of the table. */
export const COLUMNS: readonly {
  readonly name: string;
  readonly type: string;
  readonly kind: string;
  readonly position: number;
}[] = [
  { name: "namespace", type: "text", kind: "partition_key", position: 0 },
  { name: "topic", type: "text", kind: "partition_key", position: 1 },
  { name: "partition", type: "int", kind: "partition_key", position: 2 },
  { name: "bucket", type: "bigint", kind: "partition_key", position: 3 },
  { name: "first", type: "bigint", kind: "clustering", position: 0 },
  { name: "last", type: "bigint", kind: "clustering", position: 1 },
  { name: "value", type: "blob", kind: "regular", position: -1 },
];

export function tableName({ keyspace, table }: Pick<Settings, "keyspace" | "table">): string {
  return `"${keyspace}"."${table}"`;
}

export function createKeyspace(keyspace: string, replication: Replication): string {
  return `CREATE KEYSPACE IF NOT EXISTS "${keyspace}" WITH replication = ${replicationMap(replication)}`;
}

export function alterKeyspace(keyspace: string, replication: Replication): string {
  return `ALTER KEYSPACE "${keyspace}" WITH replication = ${replicationMap(replication)}`;
}

export function createTable(settings: Settings): string {
  const columns = COLUMNS.map(({ name, type }) => `${name} ${type}`).join(", ");
  return `CREATE TABLE IF NOT EXISTS ${tableName(settings)} (${columns}, PRIMARY KEY ((namespace, topic, partition, bucket), first, last))
 WITH default_time_to_live = ${settings.keptSeconds} AND gc_grace_seconds = ${GC_GRACE_SECONDS} AND read_repair = 'BLOCKING'
 AND compaction = ${compaction(settings.keptSeconds)} AND comment = 'Claims of Tandem'`;
}

/** Whole windows expire and are dropped at once. */
export function compaction(keptSeconds: number): string {
  const { unit, size } = window(keptSeconds);
  return `{'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': '${unit}', 'compaction_window_size': ${size}}`;
}

function window(keptSeconds: number): { unit: string; size: number } {
  for (const [unit, seconds] of [
    ["DAYS", 86_400],
    ["HOURS", 3_600],
  ] as const) {
    const size = Math.round(keptSeconds / seconds / WINDOWS);
    const windows = keptSeconds / (size * seconds);
    if (size > 0 && windows >= 20 && windows <= 50) return { unit, size };
  }
  return { unit: "MINUTES", size: Math.max(1, Math.ceil(keptSeconds / 60 / WINDOWS)) };
}

/** Its life is the table's, from this write. */
export function insertBlock(settings: Settings): string {
  return `INSERT INTO ${tableName(settings)} (namespace, topic, partition, bucket, first, last, value) VALUES (?, ?, ?, ?, ?, ?, ?)`;
}

export function selectBucket(settings: Settings): string {
  return `SELECT first, last, value FROM ${tableName(settings)} WHERE namespace = ? AND topic = ? AND partition = ? AND bucket = ?`;
}

/** Names of data centers are the user's text. */
function replicationMap(replication: Replication): string {
  const factors = Object.entries(replication).map(([name, factor]) => `'${name.replaceAll("'", "''")}': ${factor}`);
  return `{'class': 'NetworkTopologyStrategy', ${factors.join(", ")}}`;
}
