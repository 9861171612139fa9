import {
  asError,
  type Block,
  type BlockStore,
  checkPacked,
  type Health,
  type KeyStore,
  type Lane,
  packed,
  type PackedOptions,
  type StoredBlock,
  type StoreWarning,
  TandemError,
} from "@tandem-cdc/core";
import type { QueryOptions, types } from "cassandra-driver";
import { clientOf, Retries } from "./connect.ts";
import { alterKeyspace, insertBlock, selectBucket, tableName } from "./cql.ts";
import { sorted } from "./errors.ts";
import {
  type CassandraClient,
  type CassandraCluster,
  type CassandraTable,
  consistencyCode,
  type Settings,
  settingsOf,
} from "./options.ts";
import { factsOf, openSchema } from "./schema.ts";
import { Slots } from "./slots.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { bigint, LaneKeys, safeInteger } from "./values.ts";

export type CassandraBlockStoreOptions = CassandraTable & CassandraCluster;
export type CassandraStoreOptions = CassandraBlockStoreOptions & Omit<PackedOptions, "horizonMs">;

/** Claims in Cassandra: `packed` over `cassandraBlockStore`. */
export async function cassandraStore(options: CassandraStoreOptions): Promise<KeyStore> {
  // Before anything is connected, which nobody could close.
  settingsOf(options);
  checkPacked(options);
  return packed(await cassandraBlockStore(options), options);
}

/**
 * Connects, creates or checks keyspace and table, and writes and reads once at the consistency that is asked for.
 * Rejects with a `TandemError`: CONFIG_INVALID and STORE_UNSAFE say what to do, STORE_UNAVAILABLE is retriable.
 */
export async function cassandraBlockStore(options: CassandraBlockStoreOptions): Promise<BlockStore> {
  const settings = settingsOf(options);
  const client = options.client ?? clientOf(options, settings.requestTimeoutMs);
  const store = new CassandraBlockStore(client, settings, options.client === undefined);
  try {
    await client.connect();
    await openSchema(client, settings);
    await store.probe();
    return store;
  } catch (error) {
    await store.close().catch(() => {});
    throw sorted(error, "opening", isPlain(options) ? HUNG_UP : undefined);
  }
}

const HUNG_UP = "the node hangs up on this driver, as one does that wants TLS: set tls";

function isPlain(options: CassandraCluster): boolean {
  return options.client === undefined && (options.tls === undefined || options.tls === false);
}

/** Blocks in a page: small ones as a rule, and 8 MB at most. */
const PAGE_ROWS = 128;
/** A write goes through Cassandra's commit log in one piece, of which 16 MiB is the usual limit. */
const MAX_WRITE_BYTES = 512 * 1024;
/** No topic is called so. */
const PROBE: Lane = { topic: "", partition: 0 };

type Statement = { query: string; params: unknown[] };

class CassandraBlockStore implements BlockStore {
  readonly #client: CassandraClient;
  readonly #settings: Settings;
  readonly #own: boolean;
  readonly #slots: Slots;
  readonly #keys: LaneKeys;
  readonly #options: QueryOptions;
  readonly #insert: string;
  readonly #select: string;
  #closed = false;

  constructor(client: CassandraClient, settings: Settings, own: boolean) {
    this.#client = client;
    this.#settings = settings;
    this.#own = own;
    this.#slots = new Slots(settings.concurrency);
    this.#keys = new LaneKeys(settings.namespace);
    this.#insert = insertBlock(settings);
    this.#select = selectBucket(settings);
    this.#options = {
      prepare: true,
      isIdempotent: true,
      consistency: consistencyCode(settings.consistency),
      readTimeout: settings.requestTimeoutMs,
      retry: new Retries(),
    };
  }

  async append(lane: Lane, blocks: readonly Block[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const writes = writesOf(blocks).map((of) => this.#slots.run(signal, () => this.#write(lane, of)));
    await this.#answer(signal, Promise.all(writes), `appending to ${lane.topic}-${lane.partition}`);
  }

  async *load(lane: Lane, bucket: number, signal: AbortSignal): AsyncGenerator<StoredBlock> {
    let pageState: string | undefined;
    do {
      signal.throwIfAborted();
      const asked = this.#slots.run(signal, () => this.#read(lane, bucket, pageState));
      const page = await this.#answer(signal, asked, `loading a bucket of ${lane.topic}-${lane.partition}`);
      for (const row of page.rows) yield stored(row);
      pageState = page.pageState ?? undefined;
    } while (pageState !== undefined);
  }

  async health(): Promise<Health> {
    const { consistency } = this.#settings;
    const what = `${tableName(this.#settings)} at ${consistency}`;
    try {
      await this.#read(PROBE, 0, undefined);
      const { replicas, version } = await factsOf(this.#client, this.#settings);
      const of = replicas === undefined ? "" : `, ${replicas} replica${replicas === 1 ? "" : "s"}`;
      const product = version === undefined ? "" : `, Cassandra ${version}`;
      return {
        ok: true,
        detail: `${what}${of}${product}`,
        warnings: warningsOf(this.#settings, replicas),
      };
    } catch (error) {
      return { ok: false, detail: sorted(error, what).message };
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#own) await this.#client.shutdown();
  }

  /** Fails where a quorum does not answer, or the role may not read or write: now, and not at the first claim. */
  async probe(): Promise<void> {
    const block = { bucket: 0, first: 0, last: 0, bytes: new Uint8Array() };
    await Promise.all([this.#write(PROBE, [block]), this.#read(PROBE, 0, undefined)]);
  }

  /** Blocks of one bucket, hence of one partition: a batch of them is one mutation, without a batch log. */
  async #write(lane: Lane, blocks: readonly Block[]): Promise<void> {
    const statements = blocks.map(({ bucket, first, last, bytes }): Statement => {
      const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      const params = [...this.#keys.of(lane), bigint(bucket), bigint(first), bigint(last), value];
      return { query: this.#insert, params };
    });
    const [one] = statements;
    if (one !== undefined && statements.length === 1) await this.#client.execute(one.query, one.params, this.#options);
    else await this.#client.batch(statements, { ...this.#options, logged: false });
  }

  #read(
    lane: Lane,
    bucket: number,
    pageState: string | undefined,
  ): Promise<Pick<types.ResultSet, "rows" | "pageState">> {
    const params = [...this.#keys.of(lane), bigint(bucket)];
    const page = pageState === undefined ? {} : { pageState };
    return this.#client.execute(this.#select, params, { ...this.#options, fetchSize: PAGE_ROWS, ...page });
  }

  async #answer<T>(signal: AbortSignal, asked: Promise<T>, doing: string): Promise<T> {
    try {
      const answer = await unlessAborted(signal, asked);
      if (this.#closed) throw new TandemError("STORE_UNAVAILABLE", "Cassandra store: it was closed");
      return answer;
    } catch (error) {
      if (signal.aborted) throw asError(signal.reason);
      throw sorted(error, doing);
    }
  }
}

/** What is promised less than could be. Lost claims give duplicates, never loss. */
function warningsOf({ consistency, keyspace, localDataCenter }: Settings, replicas = 3): StoreWarning[] {
  const found: StoreWarning[] = [];
  if (replicas < 3)
    found.push({
      message: `keyspace ${keyspace} has ${replicas} replica${replicas === 1 ? "" : "s"}: while one node is down, claims cannot be made`,
      fix: `${alterKeyspace(keyspace, { [localDataCenter ?? "dc1"]: 3 })}; and then nodetool repair ${keyspace}`,
    });
  if (!/QUORUM|ALL/.test(consistency))
    found.push({
      message: `claims are read and written at ${consistency}: those that one node alone has are lost with it`,
      fix: "set dedup.store.consistency to LOCAL_QUORUM",
    });
  return found;
}

function stored(row: types.Row): StoredBlock {
  const bytes: unknown = row["value"];
  // We write no row without its bytes, but a table lets others do so.
  if (!(bytes instanceof Uint8Array))
    throw new TandemError(
      "STORE_UNSAFE",
      "the key store's table holds a row without a value, which is not one of ours: another program writes there. Give the key store a table of its own.",
    );
  return { first: safeInteger(row["first"]), last: safeInteger(row["last"]), bytes };
}

/** The blocks of each bucket, in writes of bounded size. */
export function writesOf(blocks: readonly Block[]): Block[][] {
  const writes: Block[][] = [];
  const open = new Map<number, { blocks: Block[]; bytes: number }>();
  for (const block of blocks) {
    let write = open.get(block.bucket);
    if (write === undefined || write.bytes + block.bytes.length > MAX_WRITE_BYTES) {
      open.set(block.bucket, (write = { blocks: [], bytes: 0 }));
      writes.push(write.blocks);
    }
    write.blocks.push(block);
    write.bytes += block.bytes.length;
  }
  return writes;
}
