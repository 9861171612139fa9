import { once } from "node:events";
import cassandra from "cassandra-driver";
import type { Block, Lane, StoredBlock } from "@tandem-cdc/core";
import { beforeEach, describe, expect, it } from "vitest";
import { cassandraBlockStore, cassandraStore } from "../src/index.ts";
import { FakeClient, fakeOptions } from "./fake-client.ts";

const LANE: Lane = { topic: "cdc.shop.orders", partition: 3 };
const SIGNAL = new AbortController().signal;
const block = (bucket: number, first: number, size = 8): Block => ({
  bucket,
  first,
  last: first + 1,
  bytes: new Uint8Array(size).fill(7),
});
const TIMEOUT = new cassandra.errors.ResponseError(0x1100, "Server timeout during write query");

let client: FakeClient;
beforeEach(() => {
  client = new FakeClient();
});
async function collected(blocks: AsyncIterable<StoredBlock>): Promise<StoredBlock[]> {
  const all: StoredBlock[] = [];
  for await (const one of blocks) all.push(one);
  return all;
}

it("a row without a value is somebody else's", async () => {
  const store = await cassandraBlockStore(fakeOptions(client));
  client.rows.set(["orders", LANE.topic, 3, "1", "5", "5"].join("/"), { first: "5", last: "5", value: null });
  await expect(collected(store.load(LANE, 1, SIGNAL))).rejects.toMatchObject({
    code: "STORE_UNSAFE",
    message: expect.stringContaining("a table of its own") as string,
  });
});

describe("appending", () => {
  it("is one statement a bucket: a plain one for one block, an unlogged batch for several", async () => {
    const store = await cassandraBlockStore(fakeOptions(client));
    client.sent.length = 0;
    await store.append(LANE, [block(1, 10), block(2, 11), block(1, 20), block(-3, 12)], SIGNAL);
    expect(client.sent.map(({ params }) => params[3])).toEqual(["2", "-3"]);
    expect(client.batches.map(({ queries }) => queries.map(({ params }) => params.slice(0, 6)))).toEqual([
      [
        ["orders", LANE.topic, 3, "1", "10", "11"],
        ["orders", LANE.topic, 3, "1", "20", "21"],
      ],
    ]);
    for (const { options } of [...client.sent, ...client.batches])
      expect(options).toMatchObject({
        prepare: true,
        isIdempotent: true,
        consistency: cassandra.types.consistencies.localQuorum,
      });
    expect(client.batches[0]?.options.logged).toBe(false);
  });
  it("of a large transaction is cut into writes of bounded size", async () => {
    const store = await cassandraBlockStore(fakeOptions(client));
    await store.append(
      LANE,
      Array.from({ length: 20 }, (_, i) => block(1, i * 10, 64 * 1024)),
      SIGNAL,
    );
    expect(client.batches.map(({ queries }) => queries.length)).toEqual([8, 8, 4]);
  });
  it("has a bounded number of statements under way", async () => {
    const store = await cassandraBlockStore({ ...fakeOptions(client), concurrency: 4 });
    client.before = () => new Promise((resolve) => setImmediate(resolve));
    await Promise.all(
      [1, 2, 3].map((lane) =>
        store.append(
          { topic: "t", partition: lane },
          Array.from({ length: 30 }, (_, i) => block(i, i)),
          SIGNAL,
        ),
      ),
    );
    expect(client.most).toBe(4);
    expect(client.rows.size).toBe(91);
  });
  it("that timed out may have written: it is retriable, and again changes nothing", async () => {
    const store = await cassandraBlockStore(fakeOptions(client));
    client.before = () => Promise.reject(TIMEOUT);
    await expect(store.append(LANE, [block(1, 10)], SIGNAL)).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      retriable: true,
      cause: TIMEOUT,
    });
    client.before = async () => {};
    for (let i = 0; i < 2; i++) await store.append(LANE, [block(1, 10)], SIGNAL);
    expect((await collected(store.load(LANE, 1, SIGNAL))).map(({ first, last }) => [first, last])).toEqual([[10, 11]]);
  });
  it("rejects as soon as the signal aborts, and starts nothing more", async () => {
    const store = await cassandraBlockStore({ ...fakeOptions(client), concurrency: 1 });
    const abort = new AbortController();
    let release = (): void => {};
    client.before = () => new Promise((resolve) => (release = resolve));
    client.sent.length = 0;
    const appended = store.append(LANE, [block(1, 10), block(2, 20)], abort.signal);
    abort.abort(new Error("revoked"));
    await expect(appended).rejects.toThrow("revoked");
    client.before = async () => {};
    release();
    await store.append(LANE, [block(3, 30)], SIGNAL);
    expect(client.sent.map(({ params }) => params[3])).toEqual(["1", "3"]);
  });
});

describe("loading", () => {
  it("goes page by page, and gives the bytes as they were", async () => {
    const store = await cassandraBlockStore(fakeOptions(client));
    for (let i = 0; i < 300; i++) await store.append(LANE, [block(5, i * 2)], SIGNAL);
    client.sent.length = 0;
    const blocks = await collected(store.load(LANE, 5, SIGNAL));
    expect(blocks.map(({ first }) => first)).toEqual(Array.from({ length: 300 }, (_, i) => i * 2));
    expect([...(blocks[0]?.bytes ?? [])]).toEqual([7, 7, 7, 7, 7, 7, 7, 7]);
    expect(client.sent.map(({ options }) => options.pageState)).toEqual([undefined, "128", "256"]);
    expect(await collected(store.load({ ...LANE, partition: 4 }, 5, SIGNAL))).toEqual([]);
  });
  it("ends between pages when the signal aborts", async () => {
    const store = await cassandraBlockStore(fakeOptions(client));
    for (let i = 0; i < 130; i++) await store.append(LANE, [block(5, i)], SIGNAL);
    const abort = new AbortController();
    const seen: number[] = [];
    client.sent.length = 0;
    const read = async (): Promise<void> => {
      for await (const { first } of store.load(LANE, 5, abort.signal))
        if (seen.push(first) === 128) abort.abort(new Error("revoked"));
    };
    await expect(read()).rejects.toThrow("revoked");
    expect([seen.length, client.sent.length]).toEqual([128, 1]);
  });
  it("ends in the middle of a page that does not come", async () => {
    const store = await cassandraBlockStore(fakeOptions(client));
    const abort = new AbortController();
    client.before = () => {
      queueMicrotask(() => abort.abort(new Error("revoked")));
      return once(new EventTarget(), "never").then(() => undefined);
    };
    await expect(collected(store.load(LANE, 5, abort.signal))).rejects.toThrow("revoked");
  });
  it("that fails on its second page gives an error, not part of a bucket in silence", async () => {
    const store = await cassandraBlockStore(fakeOptions(client));
    for (let i = 0; i < 130; i++) await store.append(LANE, [block(5, i)], SIGNAL);
    let pages = 0;
    client.before = async () => {
      if (++pages === 2) throw TIMEOUT;
    };
    await expect(collected(store.load(LANE, 5, SIGNAL))).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      retriable: true,
    });
  });
});

describe("the store", () => {
  it("leaves a client that was handed over to its owner, also when it refuses", async () => {
    await (await cassandraStore(fakeOptions(client))).close();
    client.table = { ...client.table, read_repair: "NONE" };
    await expect(cassandraStore(fakeOptions(client))).rejects.toThrow("read_repair");
    expect(client.shutdowns).toBe(0);
  });
  it("is not opened where it could not be written to", async () => {
    client.before = async (query) => {
      if (query.startsWith("INSERT"))
        throw new cassandra.errors.ResponseError(0x2100, "User x has no MODIFY permission");
    };
    await expect(cassandraBlockStore(fakeOptions(client))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/MODIFY/),
    });
  });
  it("warns of a keyspace that one node down makes silent, and of a consistency that one node decides", async () => {
    client.keyspace = { ...client.keyspace, replication: { class: "NetworkTopologyStrategy", dc1: "1" } };
    const weak = { ...fakeOptions(client), consistency: "ONE", acceptWeakConsistency: true } as const;
    const health = await (await cassandraBlockStore(weak)).health();
    expect(health).toMatchObject({
      ok: true,
      warnings: [
        { message: expect.stringContaining("1 replica:"), fix: expect.stringMatching(/^ALTER KEYSPACE "cdc".*: *3/) },
        { message: expect.stringContaining("at ONE"), fix: expect.stringContaining("LOCAL_QUORUM") },
      ],
    });
  });
  it("says whether a quorum answers", async () => {
    const store = await cassandraBlockStore(fakeOptions(client));
    const detail = '"cdc"."tandem_claims" at LOCAL_QUORUM, 3 replicas';
    expect(await store.health()).toEqual({ ok: true, detail, warnings: [] });
    client.before = () =>
      Promise.reject(new cassandra.errors.ResponseError(0x1000, "Cannot achieve consistency level"));
    expect(await store.health()).toEqual({ ok: false, detail: expect.stringContaining("Cannot achieve") });
  });
});
