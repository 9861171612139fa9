import { inspect } from "node:util";
import { redisStore, type RedisStoreOptions } from "@tandem-cdc/keystore-redis";
import { available, type RedisServer, startRedis, startRedisCluster, startRedisSentinel } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ACL_RIGHTS } from "../src/acl.ts";
import { type Certificates, certificates } from "./certificates.ts";
import { claim, HOUR_MS, range } from "./claims.ts";

const { ok } = await available(["redis"]);
const PASSWORD = "s3cr3t-right";
let files: Certificates;
const settings = (rights = ACL_RIGHTS): Record<string, string> => ({
  ...files.settings,
  user: `tandem on >${PASSWORD} resetchannels ~tandem:* -@all ${rights}`,
});
const options = (): Omit<RedisStoreOptions, "url"> => ({
  username: "tandem",
  password: PASSWORD,
  tls: { ca: files.ca },
  namespace: "shop",
  horizonMs: HOUR_MS,
});

/** Claims, and asks the servers whether they had to refuse anything. */
async function works(store: RedisStoreOptions, servers: readonly RedisServer[]): Promise<void> {
  const opened = await redisStore(store);
  expect(await claim(opened, 0, 1_000, 0)).toEqual(range(0, 1_000));
  const again = await redisStore(store);
  expect(await claim(again, 0, 1_000, 5_000)).toEqual(range(0, 1_000));
  expect(await again.health()).toMatchObject({ ok: true });
  for (const server of servers) expect((await server.cli("acl", "log")).trim()).toBe("");
  await Promise.all([opened.close(), again.close()]);
}

describe.skipIf(!ok)("Redis with TLS and a user of the least rights", () => {
  beforeAll(async () => {
    files = await certificates();
  });
  afterAll(() => files.remove());

  it("works alone", async () => {
    const redis = await startRedis({ settings: settings() });
    try {
      await works({ ...options(), url: `redis://${redis.address}` }, [redis]);
      await works({ ...options(), url: `rediss://tandem:${PASSWORD}@${redis.address}` }, [redis]);
    } finally {
      await redis.stop();
    }
  });

  it("works with sentinels, whose connections are encrypted too", async () => {
    const redis = await startRedisSentinel({ settings: settings() });
    try {
      const sentinels = redis.sentinels.map(({ address }) => address);
      await works({ ...options(), sentinels, name: redis.name }, redis.servers);
    } finally {
      await redis.stop();
    }
  });

  it("works as a cluster", async () => {
    const redis = await startRedisCluster({ settings: settings() });
    try {
      await works({ ...options(), nodes: redis.nodes.map(({ address }) => address) }, redis.nodes);
      const nodes = redis.nodes.map(({ address }) => address);
      await expect(redisStore({ ...options(), nodes, password: "s3cr3t-wrong" })).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(/WRONGPASS.*username and password/),
      });
      await expect(redisStore({ ...options(), nodes, tls: true })).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("Check tls"),
      });
    } finally {
      await redis.stop();
    }
  });

  it("refuses an unknown authority, a missing login and a right too few, each with what to do", async () => {
    const redis = await startRedis({ settings: settings(ACL_RIGHTS.replace("+hmget ", "")) });
    try {
      const url = `rediss://${redis.address}`;
      const refusal = async (with_: Partial<RedisStoreOptions>): Promise<unknown> => {
        const error: unknown = await redisStore({ ...options(), url, ...with_ }).catch((thrown: unknown) => thrown);
        expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("s3cr3t");
        return error;
      };
      expect(await refusal({ tls: true })).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("Check tls"),
      });
      expect(await refusal({})).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(/NOPERM.*hmget.*\+hset \+hscan/s),
      });
      await redis.cli("acl", "setuser", "default", "off");
      const { password: _, username: __, ...anonymous } = options();
      const error = await redisStore({ ...anonymous, url }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(/NOAUTH.*username and password/),
      });
    } finally {
      await redis.stop();
    }
  });
});
