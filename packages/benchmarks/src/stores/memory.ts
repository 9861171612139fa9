import { type BlockStore, DIGEST_BYTES, type KeyStore, packed, type StoredBlock } from "@tandem-cdc/core";
import { memoryStore } from "@tandem-cdc/dedup";
import { memoryInUse } from "./memory-in-use.ts";
import { type Contestant, HORIZON_MS, type Subject } from "./subject.ts";

/** Claims in this process; as a baseline, an entry of a Map each. */
export async function memory(): Promise<Contestant> {
  const store = (): KeyStore => memoryStore({ horizonMs: HORIZON_MS, maxClaims: 50_000_000 });
  return { packed: inMemory(store), plain: inMemory(mapStore), stop: async () => undefined };
}

/** What `packed` itself costs: blocks that go nowhere. */
export async function nowhere(): Promise<Contestant> {
  const store = (): KeyStore => packed(new Nowhere(), { horizonMs: HORIZON_MS });
  return { packed: inMemory(store), stop: async () => undefined };
}

function inMemory(store: () => KeyStore): Subject {
  let before = 0;
  // Held here, so that its claims are still there when they are weighed.
  let open: KeyStore | undefined;
  return {
    open: async () => {
      before = await memoryInUse();
      return (open = store());
    },
    bytes: async () => (open === undefined ? undefined : (await memoryInUse()) - before),
  };
}

class Nowhere implements BlockStore {
  async *load(): AsyncGenerator<StoredBlock> {}
  async append(): Promise<void> {}
  async health(): Promise<{ ok: true }> {
    return { ok: true };
  }
  async close(): Promise<void> {}
}

function mapStore(): KeyStore {
  const owners = new Map<string, { coordinate: number; fingerprint: number; time: number }>();
  return {
    async claim(_, { coordinates, digests, fingerprints, length }) {
      const answers = { coordinates: new Float64Array(length), fingerprints: new Uint32Array(length) };
      const keys = Buffer.from(digests.buffer, digests.byteOffset, length * DIGEST_BYTES).toString("latin1");
      const time = Date.now();
      for (let i = 0; i < length; i++) {
        const key = keys.slice(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES);
        let owner = owners.get(key);
        if (owner === undefined)
          owners.set(key, (owner = { coordinate: coordinates[i] ?? 0, fingerprint: fingerprints[i] ?? 0, time }));
        answers.coordinates[i] = owner.coordinate;
        answers.fingerprints[i] = owner.fingerprint;
      }
      return answers;
    },
    health: async () => ({ ok: true }),
    close: async () => owners.clear(),
  };
}
