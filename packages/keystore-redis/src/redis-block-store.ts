import {
  asError,
  type Block,
  type BlockStore,
  type Health,
  type Lane,
  MAX_BLOCK_BYTES,
  type StoredBlock,
  TandemError,
} from "@tandem-cdc/core";
import type { Cluster, Redis } from "ioredis";
import { Connection } from "./connection.ts";
import { coordinatesOf, fieldOf, Keys } from "./keys.ts";
import { checkOptions, DEFAULT_KEY_PREFIX, type RedisBlockStoreOptions } from "./options.ts";
import { clusterStateIn, dangerOf, detailOf, factsOf, type ServerFacts, warningsOf } from "./server-facts.ts";

/** Blocks asked for at first; most buckets have fewer, and are loaded by one question. */
const FIRST_PAGE = 100;
const PAGE_BYTES = 4 * 1024 * 1024;
/** A claim in a block: digest, fingerprint, distance. */
const MAX_CLAIM_BYTES = 24;
const PROBE_KEPT_MS = 60_000;

/**
 * Blocks in Redis or Valkey: a hash per (namespace, lane, bucket), a field per block. Connects, and refuses a server
 * that is too old or may evict claims (STORE_UNSAFE), or that does not let us read and write.
 */
export async function redisBlockStore(options: RedisBlockStoreOptions): Promise<BlockStore> {
  checkOptions(options);
  const connection = new Connection(options);
  const store = new RedisBlockStore(connection, options);
  try {
    await connection.open();
    await store.check();
    return store;
  } catch (error) {
    connection.close();
    throw error;
  }
}

class RedisBlockStore implements BlockStore {
  readonly #connection: Connection;
  readonly #keys: Keys;
  readonly #keptMs: number;
  readonly #allowEviction: boolean;

  constructor(connection: Connection, options: RedisBlockStoreOptions) {
    this.#connection = connection;
    this.#keys = new Keys(options.keyPrefix ?? DEFAULT_KEY_PREFIX, options.namespace);
    this.#keptMs = Math.ceil(options.horizonMs * 1.25);
    this.#allowEviction = options.allowEviction ?? false;
  }

  async *load(lane: Lane, bucket: number, signal: AbortSignal): AsyncGenerator<StoredBlock> {
    const key = this.#keys.bucket(lane, bucket);
    const [cursor, page] = await this.#connection.ask((c) => c.hscanBuffer(key, 0, "COUNT", FIRST_PAGE), signal);
    if (cursor.toString() !== "0") yield* this.#loadByName(key, signal);
    else for (let i = 0; i + 1 < page.length; i += 2) yield stored(key, String(page[i]), page[i + 1]);
  }

  /**
   * A bucket of many blocks: all names, then the values page by page. Not by cursor: a server that was restarted or
   * failed over in between takes an old cursor, and skips blocks.
   */
  async *#loadByName(key: string, signal: AbortSignal): AsyncGenerator<StoredBlock> {
    const names = await this.#connection.ask((c) => c.hkeys(key), signal);
    for (const page of pagesOf(names, key)) {
      const values = await this.#connection.ask((c) => c.hmgetBuffer(key, ...page), signal);
      for (const [i, name] of page.entries()) yield stored(key, name, values[i]);
    }
  }

  async append(lane: Lane, blocks: readonly Block[], signal: AbortSignal): Promise<void> {
    const buckets = new Map<number, Block[]>();
    for (const block of blocks) {
      const others = buckets.get(block.bucket);
      if (others === undefined) buckets.set(block.bucket, [block]);
      else others.push(block);
    }
    await Promise.all(
      [...buckets].map(([bucket, of]) => this.#write(this.#keys.bucket(lane, bucket), of, this.#keptMs, signal)),
    );
  }

  /**
   * A transaction, so that no hash is ever there without its end of life. The first append sets it (NX), later ones move
   * it on (GT), and an instance with a shorter horizon does not move it back.
   */
  async #write(
    key: string,
    blocks: readonly Omit<Block, "bucket">[],
    keptMs: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const fields = blocks.flatMap((block) => [fieldOf(block), bufferOf(block.bytes)]);
    const write = async (client: Redis | Cluster): Promise<void> => {
      const commands = client
        .multi()
        .hset(key, ...fields)
        .pexpire(key, keptMs, "NX")
        .pexpire(key, keptMs, "GT");
      const replies = (await commands.exec()) ?? [];
      const failed = replies.find(([error]) => error !== null);
      if (failed !== undefined) throw asError(failed[0]);
      if (replies.length !== 3)
        throw unavailable(`Redis answered a write of 3 commands with ${replies.length} replies`);
    };
    await this.#connection.ask(write, signal);
  }

  /** Throws when claims are not safe there, or when this user may not read or write them. */
  async check(): Promise<void> {
    for (const facts of await this.#facts()) {
      const danger = dangerOf(facts, this.#allowEviction);
      if (danger !== undefined) throw danger;
    }
    const { probe } = this.#keys;
    await this.#write(probe, [{ first: 0, last: 0, bytes: Buffer.alloc(0) }], PROBE_KEPT_MS);
    await this.#connection.ask((c) => c.hscanBuffer(probe, 0, "COUNT", 1));
    await this.#connection.ask((c) => c.hkeys(probe));
    await this.#connection.ask((c) => c.hmgetBuffer(probe, fieldOf({ first: 0, last: 0 })));
  }

  async health(): Promise<Health> {
    try {
      const servers = await this.#facts();
      const danger = servers.map((facts) => dangerOf(facts, this.#allowEviction)).find((found) => found !== undefined);
      return danger === undefined
        ? { ok: true, detail: servers.map(detailOf).join("; "), warnings: servers.flatMap(warningsOf) }
        : { ok: false, detail: danger.message };
    } catch (error) {
      return { ok: false, detail: asError(error).message };
    }
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #facts(): Promise<ServerFacts[]> {
    return this.#connection.askMasters(async (master) => {
      const info = await master.info();
      const clusterState = info.includes("cluster_enabled:1")
        ? clusterStateIn(await master.cluster("INFO").catch(() => ""))
        : undefined;
      const facts = { ...factsOf(info), clusterState };
      if (facts.policy !== undefined) return facts;
      const answer = await master.config("GET", "maxmemory-policy").catch(() => []);
      return { ...facts, policy: policyIn(answer) };
    });
  }
}

function policyIn(answer: unknown): string | undefined {
  return Array.isArray(answer) && typeof answer[1] === "string" ? answer[1] : undefined;
}

function stored(key: string, name: string, value: Buffer | null | undefined): StoredBlock {
  // Gone since its name was read: expired, or lost by a failover. What was read so far is no whole bucket.
  if (value === null || value === undefined) throw unavailable(`Redis key ${key} changed while it was read`);
  return { ...coordinatesOf(name, key), bytes: value };
}

/** Names whose values together are bounded, by what a block of these coordinates can hold at most. */
function* pagesOf(names: readonly string[], key: string): Generator<string[]> {
  let page: string[] = [];
  let room = PAGE_BYTES;
  for (const name of names) {
    const { first, last } = coordinatesOf(name, key);
    const size = name.length + Math.min(MAX_BLOCK_BYTES, (last - first + 1) * MAX_CLAIM_BYTES);
    if (size > room) {
      yield page;
      [page, room] = [[], PAGE_BYTES];
    }
    page.push(name);
    room -= size;
  }
  if (page.length > 0) yield page;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unavailable(message: string): TandemError {
  return new TandemError("STORE_UNAVAILABLE", message, { retriable: true });
}
