import { type ClaimBatch, DIGEST_BYTES, type Lane } from "@tandem-cdc/core";

export const BATCH_CLAIMS = 1_000;
/** GTID sequences that share a bucket: the MariaDB identity's default. */
const BUCKET_WIDTH = 256;
/** How far the second source is behind the first, in changes. */
const LAG = 10_000;

/** Batches of a lane, and how many of each batch's claims have to win. */
export interface Load {
  readonly lane: Lane;
  readonly batches: readonly ClaimBatch[];
  readonly winners: number;
}

/**
 * What the lane of a topic claims, made before anything is measured: key n is the change of GTID sequence n, its bucket
 * follows from that, as the MariaDB identity has it, and the bytes of its digest are as good as random.
 */
export class LaneLoad {
  readonly lane: Lane;
  readonly #seed: number;
  #keys = 0;
  #coordinate = 0;

  constructor(topic: string, partition: number) {
    this.lane = { topic, partition };
    this.#seed = mixed(partition + 1);
  }

  /** Keys that nobody has claimed. */
  fresh(batches: number): Load {
    return this.#load(batches, BATCH_CLAIMS, () => this.#keys++);
  }

  /** By turns a new key, and one that the other source brought a while ago: every record has another bucket than the last. */
  halves(batches: number): Load {
    return this.#load(batches, BATCH_CLAIMS / 2, (i) => (i % 2 === 0 ? this.#keys++ : this.#keys - LAG));
  }

  /** The keys from the first one on, once more. */
  again(batches: number): Load {
    let key = 0;
    return this.#load(batches, 0, () => key++);
  }

  /** One key of every `step`th bucket, a batch each. */
  apart(batches: number, step: number): Load {
    let key = 0;
    return this.#load(batches, 0, () => (key += BUCKET_WIDTH * step), 1);
  }

  #load(batches: number, winners: number, key: (i: number) => number, claims = BATCH_CLAIMS): Load {
    return { lane: this.lane, winners, batches: Array.from({ length: batches }, () => this.#batch(claims, key)) };
  }

  #batch(length: number, key: (i: number) => number): ClaimBatch {
    const words = new Uint32Array((length * DIGEST_BYTES) / 4);
    const buckets = new Float64Array(length);
    const coordinates = new Float64Array(length);
    const fingerprints = new Uint32Array(length);
    for (let i = 0; i < length; i++) {
      const sequence = key(i);
      const random = mixed(sequence ^ this.#seed);
      for (let w = 0; w < 4; w++) words[i * 4 + w] = mixed(random + w + 1);
      buckets[i] = Math.floor(sequence / BUCKET_WIDTH);
      coordinates[i] = this.#coordinate++;
      fingerprints[i] = mixed(random + 5);
    }
    return { length, digests: new Uint8Array(words.buffer), buckets, coordinates, fingerprints };
  }
}

/** The last steps of MurmurHash3: one to one, and without a pattern that a compressor would find. */
function mixed(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
