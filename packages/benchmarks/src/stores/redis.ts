import { type ClaimBatch, DIGEST_BYTES, type KeyStore } from "@tandem-cdc/core";
import { redisStore } from "@tandem-cdc/keystore-redis";
import { type RedisServer, startRedis } from "@tandem-cdc/testbed";
import { Redis } from "ioredis";
import { type Contestant, HORIZON_MS, type Subject } from "./subject.ts";

/**
 * One server that syncs its append-only file before it answers ("always") or once a second, as Redis is by default; as a
 * baseline, a `SET key owner NX GET PX` for each claim.
 */
export async function redis(appendfsync: "always" | "everysec"): Promise<Contestant> {
  const server = await startRedis({ settings: { appendfsync, maxmemory: "4gb" } });
  const url = `redis://${server.address}`;
  const open = (): Promise<KeyStore> => redisStore({ url, namespace: "bench", horizonMs: HORIZON_MS });
  return {
    packed: await subject(server, open),
    plain: await subject(server, async () => plainStore(new Redis(url))),
    stop: () => server.stop(),
  };
}

async function subject(server: RedisServer, open: () => Promise<KeyStore>): Promise<Subject> {
  let before: number | undefined;
  const first = async (): Promise<KeyStore> => {
    before ??= await usedMemory(server);
    return open();
  };
  return { open: first, bytes: async () => (await usedMemory(server)) - (before ?? 0) };
}

async function usedMemory(server: RedisServer): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await server.cli("info", "memory"))?.[1]);
}

/** With the 16 bytes of a digest as the key, and nothing else: the best case. */
function plainStore(client: Redis): KeyStore {
  return {
    async claim(_, claims: ClaimBatch) {
      const { digests, length } = claims;
      const pipeline = client.pipeline();
      for (let i = 0; i < length; i++) {
        const key = Buffer.from(digests.buffer, digests.byteOffset + i * DIGEST_BYTES, DIGEST_BYTES);
        pipeline.set(key, String(claims.coordinates[i]), "PX", HORIZON_MS * 1.25, "NX", "GET");
      }
      const replies = (await pipeline.exec()) ?? [];
      const coordinates = Float64Array.from(replies, ([error, owner], i) => {
        if (error !== null) throw error;
        return owner === null ? (claims.coordinates[i] ?? 0) : Number(owner);
      });
      return { coordinates, fingerprints: new Uint32Array(length) };
    },
    health: async () => ({ ok: true }),
    close: async () => client.disconnect(),
  };
}
