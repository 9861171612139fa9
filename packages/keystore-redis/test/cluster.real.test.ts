import { redisBlockStore, redisStore, type RedisStoreOptions } from "@tandem-cdc/keystore-redis";
import { available, type RedisCluster, startRedisCluster } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { block, claim, HOUR_MS, LANE, patiently, range, SIGNAL } from "./claims.ts";

const { ok } = await available(["redis"]);
let cluster: RedisCluster;
const options = (): RedisStoreOptions => ({
  nodes: cluster.nodes.slice(0, 2).map(({ address }) => address),
  namespace: "shop",
  horizonMs: HOUR_MS,
  timeoutMs: 3_000,
});

describe.skipIf(!ok)("a Redis cluster", () => {
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  it("holds the buckets of one batch on all nodes", async () => {
    const store = await redisStore(options());
    expect(await claim(store, 0, 3_000, 0)).toEqual(range(0, 3_000));
    const keys = await Promise.all(cluster.nodes.map(async (node) => Number(await node.cli("dbsize"))));
    expect(Math.min(...keys)).toBeGreaterThan(2);
    expect(keys.reduce((sum, n) => sum + n, 0)).toBe(31); // 30 buckets and the probe
    expect((await store.health()).detail?.match(/master/g)).toHaveLength(3);
    await store.close();
  });

  it("with a node killed refuses claims, and goes on by itself when the node is back", async () => {
    const store = await redisStore(options());
    await claim(store, 10_000, 1_000, 10_000);
    const [, , last] = cluster.nodes;
    await last?.kill();
    const refusals: unknown[] = [];
    const pending = patiently(
      () => claim(store, 10_500, 2_000, 20_000),
      (error) => refusals.push(error),
    );
    await expect.poll(() => refusals.length, { timeout: 30_000 }).toBeGreaterThan(1);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE", retriable: true });
    await last?.restart();
    expect(await pending).toEqual([...range(10_500, 500), ...range(20_500, 1_500)]);
    const other = await redisStore(options());
    expect(await claim(other, 10_000, 2_500, 50_000)).toEqual([...range(10_000, 1_000), ...range(20_500, 1_500)]);
    await Promise.all([store.close(), other.close()]);
  });

  it("may move a slot while it is written to", async () => {
    const store = await redisBlockStore({ ...options(), namespace: "moved" });
    await store.append(LANE, [block(7, 1, 1)], SIGNAL);
    const [first] = cluster.nodes;
    const slot = (await first?.cli("cluster", "keyslot", "tandem:{moved:cdc.shop.orders-0:7}"))?.trim() ?? "";
    const ids = await Promise.all(cluster.nodes.map(async (node) => (await node.cli("cluster", "myid")).trim()));
    const counts = await Promise.all(cluster.nodes.map((node) => node.cli("cluster", "countkeysinslot", slot)));
    const from = counts.findIndex((count) => count.trim() !== "0");
    const [source, target] = [cluster.nodes[from], cluster.nodes[(from + 1) % 3]];
    await target?.cli("cluster", "setslot", slot, "importing", ids[from] ?? "");
    await source?.cli("cluster", "setslot", slot, "migrating", ids[(from + 1) % 3] ?? "");
    await source?.cli("migrate", "127.0.0.1", `${target?.port}`, "tandem:{moved:cdc.shop.orders-0:7}", "0", "5000");
    const moving = store.append(LANE, [block(7, 2, 2)], SIGNAL);
    await moving.catch((error: unknown) => expect(error).toMatchObject({ code: "STORE_UNAVAILABLE", retriable: true }));
    for (const node of [target, source]) await node?.cli("cluster", "setslot", slot, "node", ids[(from + 1) % 3] ?? "");
    await patiently(() => store.append(LANE, [block(7, 2, 2), block(7, 3, 3)], SIGNAL));
    const names: string[] = [];
    for await (const { first: one, last } of store.load(LANE, 7, SIGNAL)) names.push(`${one}-${last}`);
    expect(names.toSorted()).toEqual(["1-1", "2-2", "3-3"]);
    await store.close();
  });
});
