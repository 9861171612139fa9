import { type BlockStore } from "@tandem-cdc/core";
import { redisBlockStore } from "@tandem-cdc/keystore-redis";
import { available, type RedisCluster, type RedisSingle, startRedis, startRedisCluster } from "@tandem-cdc/testbed";
import {
  blockStoreConformance,
  keyStoreConformance,
  packedMaker,
  type StoreMaker,
  type StoreManifest,
} from "@tandem-cdc/testkit";
import { afterAll, beforeAll, describe, it } from "vitest";

const { ok } = await available(["redis"]);
let single: RedisSingle;
let cluster: RedisCluster;

const MANIFEST: StoreManifest = {
  name: "Redis",
  survives: { restart: true, processCrash: true, powerCut: true, machineLoss: true },
  clients: "shared",
  expiry: "server",
};
const alone: StoreMaker<BlockStore> = {
  manifest: MANIFEST,
  open: (namespace, { horizonMs }) => redisBlockStore({ url: `redis://${single.address}`, namespace, horizonMs }),
};
const clustered: StoreMaker<BlockStore> = {
  manifest: { ...MANIFEST, name: "Redis cluster" },
  open: (namespace, { horizonMs }) =>
    redisBlockStore({ nodes: cluster.nodes.map(({ address }) => address), namespace, horizonMs }),
};

describe.skipIf(!ok)("Redis", () => {
  beforeAll(async () => {
    [single, cluster] = await Promise.all([startRedis(), startRedisCluster()]);
  });
  afterAll(() => Promise.all([single.stop(), cluster.stop()]));

  describe("alone, as a block store", () => {
    for (const { name, run } of blockStoreConformance(alone)) it(name, run);
  });
  describe("alone, as a key store", () => {
    for (const { name, run } of keyStoreConformance(packedMaker(alone))) it(name, run);
  });
  describe("as a cluster of three, as a block store", () => {
    for (const { name, run } of blockStoreConformance(clustered)) it(name, run);
  });
});
