import { DIGEST_BYTES, type KeyStore } from "@tandem-cdc/core";

/** What the baseline of an embedded store needs of it. */
export interface PlainEntries {
  get(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | null | undefined)[]>;
  put(entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[]): Promise<void>;
  close(): Promise<void>;
}

/** A key for each claim, read and written by the batch. */
export function plainEntries(entries: PlainEntries): KeyStore {
  return {
    async claim(_, { coordinates, digests, fingerprints, length }) {
      const answers = { coordinates: coordinates.slice(0, length), fingerprints: fingerprints.slice(0, length) };
      const keys = Array.from({ length }, (__, i) => digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES));
      const owners = await entries.get(keys);
      const puts: (readonly [Uint8Array, Uint8Array])[] = [];
      for (const [i, key] of keys.entries()) {
        const owner = owners[i];
        if (owner) {
          const view = new DataView(owner.buffer, owner.byteOffset, owner.length);
          answers.coordinates[i] = view.getFloat64(0);
          answers.fingerprints[i] = view.getUint32(8);
        } else puts.push([key, entry(coordinates[i] ?? 0, fingerprints[i] ?? 0)]);
      }
      if (puts.length > 0) await entries.put(puts);
      return answers;
    },
    health: async () => ({ ok: true }),
    close: () => entries.close(),
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
