import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DIGEST_BYTES, type KeyStore } from "@tandem-cdc/core";
import { levelStore } from "@tandem-cdc/keystore-level";
import { ClassicLevel } from "classic-level";
import { diskUsage } from "./disk-usage.ts";
import { type Contestant, HORIZON_MS } from "./subject.ts";

/** A folder of this machine, each write synced; as a baseline, a key for each claim, read and written by the batch. */
export async function level(): Promise<Contestant> {
  const folder = await mkdtemp(join(tmpdir(), "tandem-bench-level-"));
  const [path, plain] = [join(folder, "packed"), join(folder, "plain")];
  return {
    packed: {
      open: () => levelStore({ path, namespace: "bench", horizonMs: HORIZON_MS }),
      bytes: () => diskUsage(path),
    },
    plain: { open: () => plainStore(plain), bytes: () => diskUsage(plain) },
    stop: () => rm(folder, { recursive: true }),
  };
}

async function plainStore(path: string): Promise<KeyStore> {
  const db = new ClassicLevel<Uint8Array, Uint8Array>(path, { keyEncoding: "view", valueEncoding: "view" });
  await db.open();
  return {
    async claim(_, claims) {
      const { digests, length } = claims;
      const coordinates = claims.coordinates.slice(0, length);
      const keys = Array.from({ length }, (__, i) => digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES));
      const owners = await db.getMany(keys);
      const puts = [];
      for (const [i, key] of keys.entries()) {
        const owner = owners[i];
        if (owner !== undefined) coordinates[i] = new DataView(owner.buffer, owner.byteOffset).getFloat64(0);
        else puts.push({ type: "put" as const, key, value: entry(coordinates[i] ?? 0, claims.fingerprints[i] ?? 0) });
      }
      await db.batch(puts, { sync: true });
      return { coordinates, fingerprints: new Uint32Array(length) };
    },
    health: async () => ({ ok: true }),
    close: () => db.close(),
  };
}

/** Owner, fingerprint, and when: a key for each claim has to expire by itself. */
function entry(coordinate: number, fingerprint: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setFloat64(0, coordinate);
  view.setUint32(8, fingerprint);
  view.setUint32(12, Date.now() / 1_000);
  return new Uint8Array(view.buffer);
}
