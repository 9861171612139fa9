import { inspect } from "node:util";
import { redisBlockStore, redisStore } from "@tandem-cdc/keystore-redis";
import { available, type RedisSingle, startRedis } from "@tandem-cdc/testbed";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { block, claim, HOUR_MS, LANE, loaded, patiently, range, SIGNAL } from "./claims.ts";

const { ok } = await available(["redis"]);
let redis: RedisSingle;
const options = (namespace: string): { url: string; namespace: string; horizonMs: number; timeoutMs: number } => ({
  url: `redis://${redis.address}`,
  namespace,
  horizonMs: HOUR_MS,
  timeoutMs: 2_000,
});
/** Blocks of a bucket that takes several questions: as far as their names tell, each may be large. */
const MANY = range(0, 400).map((i) => block(1, i * 9_000, i * 9_000 + 8_000, new Uint8Array(100)));

describe.skipIf(!ok)("a Redis server", () => {
  beforeAll(async () => {
    redis = await startRedis({ settings: {} });
  });
  afterAll(() => redis.stop());

  it("keeps each bucket in one hash that lives a quarter longer than the horizon, from the last append", async () => {
    const store = await redisBlockStore(options("life"));
    const key = "tandem:{life:cdc.shop.orders-0:7}";
    await store.append(LANE, [block(7, 1, 5), block(7, 6, 9)], SIGNAL);
    expect((await redis.cli("hkeys", key)).split("\n").toSorted()).toEqual(["", "1-5", "6-9"]);
    const left = async (): Promise<number> => Number(await redis.cli("pttl", key));
    expect(await left()).toBeGreaterThan(HOUR_MS * 1.24);
    await redis.cli("pexpire", key, "1000");
    await store.append(LANE, [block(7, 10, 10)], SIGNAL);
    expect(await left()).toBeGreaterThan(HOUR_MS * 1.24);
    const shorter = await redisBlockStore({ ...options("life"), horizonMs: 1_000 });
    await shorter.append(LANE, [block(7, 11, 11)], SIGNAL);
    expect(await left()).toBeGreaterThan(HOUR_MS * 1.24);
    expect(await left()).toBeLessThanOrEqual(HOUR_MS * 1.25);
    await Promise.all([store.close(), shorter.close()]);
  });

  it("loads a bucket of many blocks whole, though the server is restarted in its middle", async () => {
    const store = await redisBlockStore(options("many"));
    await store.append(LANE, MANY, SIGNAL);
    const firsts = new Set<number>();
    for await (const { first } of store.load(LANE, 1, SIGNAL)) {
      if (firsts.size === 0) {
        // A new process, with another order of its hash tables: an old cursor would skip blocks without an error.
        await redis.kill();
        await redis.restart();
        await expect.poll(async () => (await store.health()).ok, { timeout: 10_000 }).toBe(true);
      }
      firsts.add(first);
    }
    expect(firsts.size).toBe(400);
    await store.close();
  });

  it("that lost a block while its bucket is loaded gives an error, not part of the bucket", async () => {
    const store = await redisBlockStore(options("lost"));
    await store.append(LANE, MANY, SIGNAL);
    const reading = store.load(LANE, 1, SIGNAL)[Symbol.asyncIterator]();
    await reading.next();
    await redis.cli("del", "tandem:{lost:cdc.shop.orders-0:1}");
    const rest = async (): Promise<void> => {
      while ((await reading.next()).done !== true);
    };
    await expect(rest()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retriable: true });
    expect(await loaded(store, 1)).toEqual([]);
    await store.close();
  });

  it("may be killed: claims are refused while it is down, go on by themselves, and none is forgotten", async () => {
    const store = await redisStore(options("kill"));
    for (let i = 0; i < 10; i++) expect(await claim(store, i * 50, 50, i * 50)).toEqual(range(i * 50, 50));
    await redis.kill();
    const refusals: unknown[] = [];
    const pending = patiently(
      () => claim(store, 480, 50, 1_000),
      (error) => refusals.push(error),
    );
    await expect.poll(() => refusals.length).toBeGreaterThan(2);
    expect(refusals.at(-1)).toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringMatching(/ECONNREFUSED|closed/),
    });
    expect(await store.health()).toMatchObject({ ok: false });
    await redis.restart();
    expect(await pending).toEqual([...range(480, 20), ...range(1_020, 30)]);
    const other = await redisStore(options("kill"));
    expect(await claim(other, 0, 530, 5_000)).toEqual([...range(0, 500), ...range(1_020, 30)]);
    await Promise.all([store.close(), other.close()]);
  });

  it("that hangs is given up after the timeout, and works again when it goes on", async () => {
    const store = await redisStore(options("hang"));
    await claim(store, 0, 10, 0);
    await redis.kill("SIGSTOP");
    await expect(claim(store, 5, 10, 100)).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining("2000 ms"),
    });
    await redis.kill("SIGCONT");
    expect(await patiently(() => claim(store, 5, 10, 100))).toEqual([...range(5, 5), ...range(105, 5)]);
    await store.close();
  });

  it("that hangs is given up at once when the signal is aborted", { timeout: 20_000 }, async () => {
    const store = await redisBlockStore({ ...options("abort"), timeoutMs: 60_000 });
    await redis.kill("SIGSTOP");
    const stop = new AbortController();
    const [writing, reading] = [
      store.append(LANE, [block(1, 1, 2)], stop.signal),
      store.load(LANE, 1, stop.signal)[Symbol.asyncIterator]().next(),
    ];
    const reason = new Error("revoked");
    stop.abort(reason);
    await expect(writing).rejects.toBe(reason);
    await expect(reading).rejects.toBe(reason);
    await redis.kill("SIGCONT");
    await store.close();
  });

  it("that is down when the store opens is a retriable error that names it", async () => {
    await redis.kill();
    await expect(redisStore(options("down"))).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      retriable: true,
      message: expect.stringContaining(`Redis ${redis.address}: connect ECONNREFUSED`),
    });
    await redis.restart();
    await (await redisStore(options("down"))).close();
  });

  it("that may evict is refused with advice, unless told; health watches it", async () => {
    const store = await redisStore(options("evict"));
    await redis.cli("config", "set", "maxmemory-policy", "volatile-lru");
    await expect(redisStore(options("evict"))).rejects.toMatchObject({
      code: "STORE_UNSAFE",
      message: expect.stringMatching(/volatile-lru.*maxmemory-policy noeviction/),
    });
    expect(await store.health()).toMatchObject({ ok: false, detail: expect.stringContaining("volatile-lru") });
    await (await redisStore({ ...options("evict"), allowEviction: true })).close();
    await redis.cli("config", "set", "maxmemory-policy", "noeviction");
    expect(await store.health()).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/^redis 7\S+, master, [\d.]+ of 268\.4 MB used, appendonly yes$/),
    });
    await store.close();
  });

  it("that is full refuses claims with advice, and takes them when there is room", async () => {
    const store = await redisStore(options("full"));
    await redis.cli("config", "set", "maxmemory", "1");
    await expect(claim(store, 0, 10, 0)).rejects.toMatchObject({
      code: "STORE_FULL",
      retriable: true,
      message: expect.stringContaining("raise maxmemory"),
    });
    await redis.cli("config", "set", "maxmemory", "256mb");
    expect(await claim(store, 0, 10, 50)).toEqual(range(0, 10));
    await store.close();
  });

  it("that became a replica refuses claims, until it is the master again", async () => {
    const store = await redisStore(options("replica"));
    const master = await startRedis({ settings: {} });
    await redis.cli("replicaof", "127.0.0.1", `${master.port}`);
    await expect(claim(store, 0, 10, 0)).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      retriable: true,
      message: expect.stringContaining("replica"),
    });
    await expect(redisStore(options("replica"))).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await redis.cli("replicaof", "no", "one");
    expect(await patiently(() => claim(store, 0, 10, 50))).toEqual(range(0, 10));
    await Promise.all([store.close(), master.stop()]);
  });

  it("whose password is wrong gives a clear, final error that does not tell it", async () => {
    await redis.cli("acl", "setuser", "tandem", "reset", "on", ">right", "~*", "+@all");
    const wrong = { ...options("password"), username: "tandem", password: "s3cr3t-wrong" };
    const urls = [wrong, { ...options("password"), url: `redis://tandem:s3cr3t-wrong@${redis.address}` }];
    for (const one of urls) {
      const error: unknown = await redisStore(one).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: "CONFIG_INVALID",
        retriable: false,
        message: expect.stringMatching(/WRONGPASS.*username and password/),
      });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("s3cr3t");
    }
    await (await redisStore({ ...wrong, password: "right" })).close();
  });

  it("whose keys somebody else uses is refused, not misread", async () => {
    const store = await redisBlockStore(options("foreign"));
    await redis.cli("set", "tandem:{foreign:cdc.shop.orders-0:1}", "1");
    await expect(loaded(store, 1)).rejects.toMatchObject({
      code: "STORE_UNSAFE",
      message: expect.stringContaining("keyPrefix"),
    });
    await expect(store.append(LANE, [block(1, 1, 1)], SIGNAL)).rejects.toMatchObject({ code: "STORE_UNSAFE" });
    await redis.cli("hset", "tandem:{foreign:cdc.shop.orders-0:2}", "name", "value");
    await expect(loaded(store, 2)).rejects.toMatchObject({
      code: "STORE_UNSAFE",
      message: expect.stringContaining("keyPrefix"),
    });
    await store.close();
  });

  it("is used by a client that was handed over, which stays open", async () => {
    const client = new Redis(redis.port, { enableOfflineQueue: false, lazyConnect: true });
    await client.connect();
    const store = await redisBlockStore({ client, namespace: "client", horizonMs: HOUR_MS });
    await store.append(LANE, [block(1, 1, 2)], SIGNAL);
    await store.close();
    expect(await client.ping()).toBe("PONG");
    client.disconnect();
  });
});
