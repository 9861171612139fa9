import type { QueryOptions } from "cassandra-driver";
import type { CassandraBlockStoreOptions, CassandraClient } from "../src/index.ts";
import { COLUMNS } from "../src/cql.ts";

type Row = Record<string, unknown>;
export interface Sent {
  readonly query: string;
  readonly params: readonly unknown[];
  readonly options: QueryOptions;
}

/** A server in memory: answers about its schema and keeps blocks. `before` may fail or hold a statement. */
export class FakeClient implements CassandraClient {
  readonly sent: Sent[] = [];
  readonly batches: { readonly queries: readonly Omit<Sent, "options">[]; readonly options: QueryOptions }[] = [];
  keyspace: Row | undefined = {
    durable_writes: true,
    replication: { class: "org.apache.cassandra.locator.NetworkTopologyStrategy", dc1: "3" },
  };
  table: Row | undefined = { default_time_to_live: 4_500, read_repair: "BLOCKING" };
  columns: Row[] = COLUMNS.map(({ name, type, kind, position }) => ({ column_name: name, type, kind, position }));
  nodes = 3;
  shutdowns = 0;
  running = 0;
  most = 0;
  before: (query: string) => Promise<void> = async () => {};
  readonly rows = new Map<string, Row>();

  async connect(): Promise<void> {
    await this.before("connect");
  }

  async execute(
    query: string,
    params: unknown[],
    options: QueryOptions,
  ): Promise<Awaited<ReturnType<CassandraClient["execute"]>>> {
    const read = decoded(params);
    this.sent.push({ query, params: read, options });
    await this.#held(query);
    return this.#answer(query, read, options) as Awaited<ReturnType<CassandraClient["execute"]>>;
  }

  async batch(queries: { query: string; params: unknown[] }[], options: QueryOptions): Promise<void> {
    const read = queries.map(({ params, query }) => ({ query, params: decoded(params) }));
    this.batches.push({ queries: read, options });
    await this.#held("batch");
    for (const { params } of read) this.#put(params);
  }

  async shutdown(): Promise<void> {
    this.shutdowns++;
  }

  async #held(query: string): Promise<void> {
    this.most = Math.max(this.most, ++this.running);
    try {
      await this.before(query);
    } finally {
      this.running--;
    }
  }

  #answer(
    query: string,
    params: readonly unknown[],
    { fetchSize = 0, pageState }: QueryOptions,
  ): { rows: Row[]; pageState?: string } {
    if (query.startsWith("CREATE KEYSPACE")) this.keyspace = new FakeClient().keyspace;
    if (query.startsWith("CREATE TABLE")) this.table = new FakeClient().table;
    if (query.startsWith("INSERT")) this.#put(params);
    if (query.includes("system_schema.keyspaces")) return { rows: this.keyspace === undefined ? [] : [this.keyspace] };
    if (query.includes("system_schema.tables")) return { rows: this.table === undefined ? [] : [this.table] };
    if (query.includes("system_schema.columns")) return { rows: this.columns };
    if (query.includes("system.local")) return { rows: [{ data_center: "dc1" }] };
    if (query.includes("system.peers"))
      return { rows: Array.from({ length: this.nodes - 1 }, () => ({ data_center: "dc1" })) };
    if (!query.startsWith("SELECT")) return { rows: [] };
    const start = Number(pageState ?? 0);
    const found = [...this.rows].filter(([name]) => name.startsWith(`${params.join("/")}/`)).map(([, row]) => row);
    const rows = found.slice(start, start + fetchSize);
    return start + fetchSize < found.length ? { rows, pageState: String(start + fetchSize) } : { rows };
  }

  #put(params: readonly unknown[]): void {
    const [first, last, value] = params.slice(4);
    this.rows.set(params.slice(0, 6).join("/"), { first, last, value });
  }
}

const text = (bytes: Buffer): string => bytes.toString();
const int = (bytes: Buffer): number => bytes.readInt32BE();
const bigint = (bytes: Buffer): string => String(bytes.readBigInt64BE());
const blob = (bytes: Buffer): Buffer => bytes;
const READ: readonly ((bytes: Buffer) => unknown)[] = [text, text, int, bigint, bigint, bigint, blob];

/** Values of our table's columns, from the bytes that the protocol has for them; others are as they were. */
function decoded(params: readonly unknown[]): readonly unknown[] {
  return params.map((param, i) => (param instanceof Buffer ? READ[i]?.(param) : param));
}

export function fakeOptions(client: FakeClient): CassandraBlockStoreOptions {
  return { client, namespace: "orders", horizonMs: 3_600_000, keyspace: "cdc" };
}
