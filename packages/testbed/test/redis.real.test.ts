import { startRedis, startRedisCluster, startRedisSentinel } from "@tandem-cdc/testbed";
import { expect, it } from "vitest";
import { until } from "../src/internal/until.ts";

it("a Redis keeps what it acknowledged over kill -9 and restart, and is gone after stop", async () => {
  const redis = await startRedis();
  try {
    expect(await redis.cli("set", "a", "1")).toBe("OK\n");
    await redis.kill();
    expect(redis.alive).toBe(false);
    await redis.restart();
    expect(await redis.cli("get", "a")).toBe("1\n");
  } finally {
    await redis.stop();
  }
  expect(redis.alive).toBe(false);
});

it("sentinels make the replica the master when the master is killed", async () => {
  const sentinel = await startRedisSentinel();
  try {
    const [first, second] = sentinel.servers;
    expect(await sentinel.master()).toBe(first);
    await first?.kill();
    await until(
      "a failover",
      30_000,
      async () => (await sentinel.master()) === second && (await second?.cli("role"))?.startsWith("master"),
    );
  } finally {
    await sentinel.stop();
  }
});

it("a cluster of three shares the slots", async () => {
  const cluster = await startRedisCluster();
  try {
    const info = (await cluster.nodes[2]?.cli("cluster", "info")) ?? "";
    expect(info).toContain("cluster_slots_ok:16384");
    expect(info).toContain("cluster_size:3");
  } finally {
    await cluster.stop();
  }
});
