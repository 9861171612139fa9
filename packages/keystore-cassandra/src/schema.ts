import { TandemError } from "@tandem-cdc/core";
import cassandra, { type types } from "cassandra-driver";
import { alterKeyspace, COLUMNS, compaction, createKeyspace, createTable, type Replication, tableName } from "./cql.ts";
import { isUnauthorized } from "./errors.ts";
import { type CassandraClient, invalid, type Settings } from "./options.ts";

/** Changes of the schema take their time where nodes are busy. */
const DDL = { readTimeout: 60_000 };

/** Creates keyspace and table where they are not there, and refuses what would not keep claims as promised. */
export async function openSchema(client: CassandraClient, settings: Settings): Promise<void> {
  let found = await schemaOf(client, settings);
  if (found.keyspace === undefined) {
    await makeKeyspace(client, settings);
    found = await schemaOf(client, settings);
  }
  if (found.keyspace === undefined)
    throw unavailable(`keyspace ${settings.keyspace} was created and is not to be seen yet`);
  checkKeyspace(found.keyspace, settings);
  if (found.table === undefined) {
    await define(client, createTable(settings));
    found = await schemaOf(client, settings);
  }
  if (found.table === undefined)
    throw unavailable(`table ${tableName(settings)} was created and is not to be seen yet`);
  checkColumns(found.columns, settings);
  checkTable(found.table, settings);
}

interface Schema {
  readonly keyspace: types.Row | undefined;
  readonly table: types.Row | undefined;
  readonly columns: readonly types.Row[];
}

/** All that is asked about, at once: an opening waits for one answer where everything is there. */
async function schemaOf(client: CassandraClient, settings: Settings): Promise<Schema> {
  const [keyspace, table, columns] = await Promise.all([
    keyspaceRow(client, settings.keyspace),
    tableRow(client, settings),
    columnRows(client, settings),
  ]);
  return { keyspace, table, columns };
}

/** What the node that answers says of itself, and of the claims' replicas. */
export async function factsOf(
  client: CassandraClient,
  { keyspace, localDataCenter }: Settings,
): Promise<{ readonly version: string | undefined; readonly replicas: number | undefined }> {
  const [local] = await rowsOf(client, "SELECT release_version FROM system.local", []);
  const row = await keyspaceRow(client, keyspace);
  const { class: _, ...factors } = (row?.["replication"] ?? {}) as Record<string, string>;
  const [only, ...more] = Object.values(factors);
  const here = factors[localDataCenter ?? ""] ?? (more.length === 0 ? only : undefined);
  return {
    version: local?.["release_version"] as string | undefined,
    replicas: here === undefined ? undefined : Number.parseInt(here, 10),
  };
}

async function makeKeyspace(client: CassandraClient, settings: Settings): Promise<void> {
  const { keyspace, localDataCenter } = settings;
  const replication = settings.replication ?? (localDataCenter === null ? null : { [localDataCenter]: 3 });
  if (replication === null)
    throw invalid(
      "replication",
      `is missing: keyspace ${keyspace} is not there, and a client that is handed over does not tell its data center`,
    );
  const statement = createKeyspace(keyspace, replication);
  if (!settings.createKeyspace)
    throw invalid(
      "keyspace",
      `${keyspace} is not there, and createKeyspace is false. Let somebody who may run: ${statement}`,
    );
  await checkNodes(client, replication);
  await define(client, statement);
}

/** Cassandra itself takes a keyspace with more replicas than nodes; no quorum of it ever answers then. */
async function checkNodes(client: CassandraClient, replication: Replication): Promise<void> {
  const nodes = new Map<string, number>();
  for (const from of ["system.local", "system.peers"])
    for (const row of await rowsOf(client, `SELECT data_center FROM ${from}`, []))
      nodes.set(row["data_center"] as string, (nodes.get(row["data_center"] as string) ?? 0) + 1);
  for (const [dataCenter, factor] of Object.entries(replication)) {
    const count = nodes.get(dataCenter) ?? 0;
    if (factor > count)
      throw invalid(
        "replication",
        `asks for ${factor} replicas in ${dataCenter}, which has ${count} node(s) now; found: ${described(Object.fromEntries(nodes))}. One node, fit for tests: replication: { ${dataCenter}: 1 }`,
      );
  }
}

function checkKeyspace(row: types.Row, settings: Settings): void {
  const { keyspace, replication, localDataCenter, consistency } = settings;
  if (row["durable_writes"] === false)
    throw unsafe(
      `keyspace ${keyspace} has durable_writes = false: a node that crashes forgets what it acknowledged`,
      `ALTER KEYSPACE "${keyspace}" WITH durable_writes = true`,
    );
  const { class: strategy = "", ...factors } = row["replication"] as Record<string, string>;
  const network = strategy.endsWith("NetworkTopologyStrategy");
  const found = Object.fromEntries(Object.entries(factors).map(([name, factor]) => [name, Number(factor)]));
  if (replication !== null && !(network && described(found) === described(replication)))
    throw unsafe(
      `keyspace ${keyspace} is replicated as ${strategy.split(".").pop()} ${described(found)}, not ${described(replication)}`,
      `${alterKeyspace(keyspace, replication)}; and then a full repair. Or set the store's replication to what is there`,
    );
  if (network && consistency.startsWith("LOCAL_") && localDataCenter !== null && !(localDataCenter in found))
    throw unsafe(
      `keyspace ${keyspace} has no replicas in ${localDataCenter}, only ${described(found)}`,
      alterKeyspace(keyspace, { ...found, [localDataCenter]: 3 }),
    );
}

function checkColumns(rows: readonly types.Row[], settings: Settings): void {
  const wanted = COLUMNS.map(({ name, type, kind, position }) => `${name} ${type} ${kind} ${position}`);
  const found = rows.map((row) => `${row["column_name"]} ${row["type"]} ${row["kind"]} ${row["position"]}`);
  if (wanted.sort().join() === found.sort().join()) return;
  throw new TandemError(
    "STORE_UNSAFE",
    `Cassandra store: table ${tableName(settings)} is not one of ours: it has ${found.join(", ")}; needed: ${wanted.join(", ")}. Keys cannot be altered: set another table, or drop this one if nobody needs it`,
  );
}

function checkTable(row: types.Row, settings: Settings): void {
  const name = tableName(settings);
  const ttl = row["default_time_to_live"] as number;
  if (ttl !== settings.keptSeconds)
    throw unsafe(
      `table ${name} keeps claims for ${ttl || "an unlimited number of"} s, and the horizon asks for ${settings.keptSeconds} s (the horizon and a quarter). What is in it keeps its old life, so let it be only if that was longer, or set another table: all claims are new then`,
      `ALTER TABLE ${name} WITH default_time_to_live = ${settings.keptSeconds} AND compaction = ${compaction(settings.keptSeconds)}`,
    );
  // A claim seen by one read is then seen by the next: what we decide on it, we decide again.
  if (row["read_repair"] !== undefined && row["read_repair"] !== "BLOCKING")
    throw unsafe(
      `table ${name} has read_repair = '${row["read_repair"]}': a block that only one replica has may be seen by one read and not by the next`,
      `ALTER TABLE ${name} WITH read_repair = 'BLOCKING'`,
    );
}

/** Runs a change of the schema; somebody else has to, where we may not. */
async function define(client: CassandraClient, statement: string): Promise<void> {
  try {
    await client.execute(statement, [], DDL);
  } catch (error) {
    if (!isUnauthorized(error)) throw error;
    throw new TandemError(
      "CONFIG_INVALID",
      `Cassandra store: ${(error as Error).message}. Let somebody who may run: ${statement}`,
      { cause: error },
    );
  }
}

async function keyspaceRow(client: CassandraClient, keyspace: string): Promise<types.Row | undefined> {
  return (await rowsOf(client, "SELECT * FROM system_schema.keyspaces WHERE keyspace_name = ?", [keyspace]))[0];
}

async function tableRow(client: CassandraClient, { keyspace, table }: Settings): Promise<types.Row | undefined> {
  const query = "SELECT * FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?";
  return (await rowsOf(client, query, [keyspace, table]))[0];
}

function columnRows(client: CassandraClient, { keyspace, table }: Settings): Promise<readonly types.Row[]> {
  return rowsOf(client, "SELECT * FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?", [
    keyspace,
    table,
  ]);
}

async function rowsOf(client: CassandraClient, query: string, params: unknown[]): Promise<readonly types.Row[]> {
  // The system's tables are every node's own: one replica is all there is. Not prepared, which every node would have to do
  // for a question that is asked once.
  return (
    await client.execute(query, params, {
      prepare: false,
      isIdempotent: true,
      consistency: cassandra.types.consistencies.one,
    })
  ).rows;
}

function described(replication: Replication): string {
  const sorted = Object.entries(replication).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{ ${sorted.map(([name, factor]) => `${name}: ${factor}`).join(", ")} }`;
}

function unsafe(what: string, remedy: string): TandemError {
  return new TandemError("STORE_UNSAFE", `Cassandra store: ${what}. Run: ${remedy}`);
}

function unavailable(what: string): TandemError {
  return new TandemError("STORE_UNAVAILABLE", `Cassandra store: ${what}`, { retriable: true });
}
