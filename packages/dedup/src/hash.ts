import { createHash } from "node:crypto";
import type { HashStrategy } from "@tandem-cdc/core";
import xxhash from "xxhash-wasm";

export type HashName = "xxh128" | "xxh64" | "sha256";

export const HASH_NAMES: readonly HashName[] = ["xxh128", "xxh64", "sha256"];

/** Second seed of xxh128: any constant but 0. */
const SEED = 0x9e3779b97f4a7c15n;

type Hash64 = (input: Uint8Array, seed?: bigint) => bigint;

function xx(name: HashName, size: number, h64: Hash64): HashStrategy {
  const words = new DataView(new ArrayBuffer(16));
  const made = new Uint8Array(words.buffer, 0, size);
  return {
    name,
    size,
    digest(input, length, out, at) {
      const bytes = input.subarray(0, length);
      words.setBigUint64(0, h64(bytes, 0n), true);
      if (size === 16) words.setBigUint64(8, h64(bytes, SEED), true);
      out.set(made, at);
    },
    fingerprint(input, length) {
      words.setBigUint64(0, h64(input.subarray(0, length), 1n), true);
      return words.getUint32(0, true);
    },
  };
}

function sha(): HashStrategy {
  const hash = (input: Uint8Array, length: number): Buffer =>
    createHash("sha256").update(input.subarray(0, length)).digest();
  return {
    name: "sha256",
    size: 16,
    digest: (input, length, out, at) => out.set(hash(input, length).subarray(0, 16), at),
    fingerprint: (input, length) => hash(input, length).readUInt32LE(0),
  };
}

/**
 * A hash strategy by name.
 * - `xxh128` (default): two seeded XXH64 of 64 bits each. Odds of any collision among 10^9 live keys: about 1.5e-21.
 * - `xxh64`: half the work; about 2.7 % at 10^9 live keys, each collision a lost change.
 * - `sha256`: cut to 128 bits; for those who must name a cryptographic hash. Ten times slower.
 */
export async function loadHash(name: HashName = "xxh128"): Promise<HashStrategy> {
  if (name === "sha256") return sha();
  const wasm = await xxhash();
  return xx(name, name === "xxh128" ? 16 : 8, (input, seed) => wasm.h64Raw(input, seed));
}
