import { redisStore, type RedisStoreOptions } from "@tandem-cdc/keystore-redis";
import { available, type RedisSentinel, startRedisSentinel } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claim, HOUR_MS, patiently, range } from "./claims.ts";

const { ok } = await available(["redis"]);
let redis: RedisSentinel;
const options = (): RedisStoreOptions => ({
  sentinels: redis.sentinels.map(({ address }) => address),
  name: redis.name,
  namespace: "shop",
  horizonMs: HOUR_MS,
  timeoutMs: 5_000,
});

describe.skipIf(!ok)("Redis with sentinels", () => {
  beforeAll(async () => {
    redis = await startRedisSentinel();
  });
  afterAll(() => redis.stop());

  it("a master that the sentinels do not know is an error that names them", async () => {
    await expect(redisStore({ ...options(), name: "other", timeoutMs: 1_000 })).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining(`Redis other of sentinels ${redis.sentinels[0]?.address}`),
    });
  });

  /**
   * Replication is asynchronous: claims that the dead master acknowledged and the new one never saw are lost to
   * instances that start later, which gives duplicates. The instance that made them still has them.
   */
  it("claims wait for a failover and go on with the new master; a later instance finds what was replicated", async () => {
    const [first, second] = redis.servers;
    const store = await redisStore(options());
    for (let i = 0; i < 10; i++) await claim(store, i * 50, 50, i * 50);
    await expect.poll(async () => (await first?.cli("wait", "1", "1000"))?.trim()).toBe("1");
    // The replica is cut off: what is claimed now, a failover loses.
    await second?.cli("config", "set", "masterauth", "wrong");
    await first?.cli("client", "kill", "type", "replica");
    await expect.poll(() => first?.cli("info", "replication")).toContain("connected_slaves:0");
    await claim(store, 500, 50, 500);
    await first?.kill();
    const refusals: unknown[] = [];
    const again = await patiently(
      () => claim(store, 480, 120, 2_000),
      (error) => refusals.push(error),
    );
    expect(again).toEqual([...range(480, 70), ...range(2_070, 50)]);
    expect(refusals).not.toEqual([]);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE", retriable: true });
    expect((await redis.master()).port).toBe(second?.port);

    const later = await redisStore(options());
    expect(await claim(later, 0, 500, 9_000)).toEqual(range(0, 500));
    expect(await claim(later, 500, 50, 5_000), "duplicates").toEqual(range(5_000, 50));
    expect(await claim(later, 550, 50, 9_000)).toEqual(range(2_070, 50));
    await Promise.all([store.close(), later.close()]);
  });

  it("the old master comes back as a replica, and is not written to", async () => {
    const [first, second] = redis.servers;
    await first?.restart();
    await expect.poll(async () => await first?.cli("role"), { timeout: 60_000 }).toMatch(/^slave/);
    const store = await redisStore(options());
    await claim(store, 10_000, 50, 10_000);
    expect(await store.health()).toMatchObject({ ok: true, detail: expect.stringContaining("master") });
    expect(await second?.cli("exists", "tandem:{shop:cdc.shop.orders-0:100}")).toBe("1\n");
    await store.close();
  });
});
