import { DIGEST_BYTES } from "@tandem-cdc/core";
import type { Columns } from "./columns.ts";
import type { Identification } from "./identification.ts";

interface PartKeys extends Pick<Identification, "entry" | "from"> {
  readonly digests: Uint8Array;
  readonly buckets: Float64Array;
}

/** The keys that the records of a batch go by: for the few that somebody asks for. */
export class Keys {
  readonly #columns: Columns;
  readonly #parts: PartKeys[] = [];

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  /** After a part was claimed. The last one's stand in the columns until the next batch, so nothing is copied as a rule. */
  of({ entry, from }: Identification, last: boolean): void {
    const { buckets, digests, length } = this.#columns;
    this.#parts.push(
      last
        ? { entry, from, buckets, digests }
        : { entry, from, buckets: buckets.slice(0, length), digests: digests.slice(0, length * DIGEST_BYTES) },
    );
  }

  /** `bucket:digest`; undefined where record i makes no claim. */
  at(i: number): string | undefined {
    const part = this.#parts.findLast(({ from }) => from <= i);
    const entry = part?.entry[i] ?? -1;
    if (part === undefined || entry < 0) return undefined;
    const digest = part.digests.subarray(entry * DIGEST_BYTES, (entry + 1) * DIGEST_BYTES);
    return `${part.buckets[entry]}:${Buffer.from(digest).toString("hex")}`;
  }
}
