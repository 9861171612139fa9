/** Hashes an identity into a key's digest. Stateless; the same bytes give the same digest for ever. */
export interface HashStrategy {
  /** Part of the key: two strategies never share claims. */
  readonly name: string;
  /** Digest bytes written: at most `DIGEST_BYTES`. */
  readonly size: number;
  /** Hashes `input[0, length)` into `out[at, at + size)`. */
  digest(input: Uint8Array, length: number, out: Uint8Array, at: number): void;
  /** 32 bits of `input[0, length)`, as an unsigned integer. */
  fingerprint(input: Uint8Array, length: number): number;
}
