// The rivals' way, to compare with: "key exists, so skip it". The key store module that `--naive` configures.
import {
  type ClaimBatch,
  DIGEST_BYTES,
  type KeyStore,
  type Lane,
  laneId,
  type Owners,
  TandemError,
} from "@tandem-cdc/core";
import { Redis } from "ioredis";

interface NaiveOptions {
  readonly url: string;
}

interface Context {
  readonly horizonMs: number;
  readonly namespace: string;
}

/** Who comes second is not told who was first: coordinate 0 is nobody's but the first record's. */
const SEEN = 0;

export default async function naiveStore({ url }: NaiveOptions, { horizonMs, namespace }: Context): Promise<KeyStore> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1, commandTimeout: 5_000 });
  redis.on("error", () => undefined); // each command says so too
  await redis.connect().catch(unavailable);
  return {
    async claim(lane: Lane, claims: ClaimBatch): Promise<Owners> {
      const prefix = `${namespace}|${laneId(lane)}|`;
      const pipeline = redis.pipeline();
      for (let i = 0; i < claims.length; i++) {
        const digest = claims.digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES);
        pipeline.set(prefix + Buffer.from(digest).toString("base64"), "", "PX", horizonMs, "NX");
      }
      const answers = (await pipeline.exec().catch(unavailable)) ?? [];
      const coordinates = claims.coordinates.slice(0, claims.length);
      for (const [i, [error, answer]] of answers.entries()) {
        if (error !== null) unavailable(error);
        if (answer === null) coordinates[i] = SEEN;
      }
      return { coordinates, fingerprints: claims.fingerprints.slice(0, claims.length) };
    },
    health: async () => ({ ok: true }),
    async close() {
      redis.disconnect();
    },
  };
}

function unavailable(cause: unknown): never {
  const said = cause instanceof Error ? cause.message : String(cause);
  throw new TandemError("STORE_UNAVAILABLE", `the naive store does not answer: ${said}`, { cause, retriable: true });
}
