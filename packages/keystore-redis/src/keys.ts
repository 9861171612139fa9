import { type Lane, laneId, type StoredBlock, TandemError } from "@tandem-cdc/core";

/** The names that one pipeline's blocks have in Redis. */
export class Keys {
  readonly #start: string;

  constructor(keyPrefix: string, namespace: string) {
    // Encoded, so that no namespace can contain our separators.
    this.#start = `${keyPrefix}{${encodeURIComponent(namespace)}:`;
  }

  /** The hash of one bucket. What the braces enclose decides the slot: the whole hash lies on one node, buckets on all. */
  bucket(lane: Lane, bucket: number): string {
    return `${this.#start}${laneId(lane)}:${bucket}}`;
  }

  /** Written and read once at open, to see that both are allowed. */
  get probe(): string {
    return `${this.#start}probe}`;
  }
}

export type Coordinates = Pick<StoredBlock, "first" | "last">;

/** A block's field in its bucket's hash. */
export function fieldOf({ first, last }: Coordinates): string {
  return `${first}-${last}`;
}

export function coordinatesOf(field: string, key: string): Coordinates {
  const match = /^(\d{1,16})-(\d{1,16})$/.exec(field);
  if (match === null)
    throw new TandemError(
      "STORE_UNSAFE",
      `Redis key ${key} has a field that is not one of ours. Another program writes there: give the key store a keyPrefix of its own.`,
    );
  return { first: Number(match[1]), last: Number(match[2]) };
}
