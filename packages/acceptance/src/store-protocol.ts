import { DIGEST_BYTES } from "@tandem-cdc/core";

// A frame: length (u32), id (u32), lane length (u32), lane, claims (u32), then per claim digest (16), bucket (f64),
// coordinate (f64), fingerprint (u32). Its answer: length (u32), id (u32), then per claim coordinate (f64) and
// fingerprint (u32). Little endian.

export const CLAIM_BYTES: number = DIGEST_BYTES + 8 + 8 + 4;
export const OWNER_BYTES: number = 8 + 4;

/** Cuts a byte stream into frames. */
export class Frames {
  #rest: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<Buffer> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const length = this.#rest.readUInt32LE(0);
      if (this.#rest.length < 4 + length) return;
      yield this.#rest.subarray(4, 4 + length);
      this.#rest = this.#rest.subarray(4 + length);
    }
  }
}
