import {
  type Batch,
  type LaneContext,
  laneId,
  type PayloadFormat,
  type Projection,
  TandemError,
} from "@tandem-cdc/core";
import { jsonFormat } from "./json-format.ts";

/**
 * The bytes of a record's key that its copies share. With JSON they are the key as it is, whatever it is; another encoding
 * says in its own form what two connectors may have written under different schema ids.
 */
export class RecordKey {
  readonly #fields: Projection | null;

  constructor(format: PayloadFormat = jsonFormat) {
    this.#fields = format === jsonFormat ? null : format.project("key", [""]);
  }

  prepare(batch: Batch, signal: AbortSignal): Promise<void> | undefined {
    return this.#fields?.prepare?.(batch, signal);
  }

  /** Valid until the next call. */
  of(key: Uint8Array | null): Uint8Array | null {
    if (key === null || this.#fields === null) return key;
    this.#fields.read(key);
    return this.#fields.bytes(0);
  }
}

/** Stops a lane of several partitions at a record without a key. */
export function refuseNullKey({ partitions }: LaneContext, batch: Batch, i: number): void {
  if (partitions > 1 && batch.key(i) === null)
    throw new TandemError(
      "LANE_NULL_KEY",
      `record ${laneId(batch.lane)}@${batch.offset(i)} has no key, and its topic has ${partitions} partitions: the copies of a change without a key land in different partitions. ` +
        "Give the topic one partition, or the table a key (message.key.columns on the connectors).",
    );
}

/** Waits for all that is under way; undefined when nothing is. */
export function together(...preparing: readonly (Promise<void> | undefined)[]): Promise<void> | undefined {
  const pending = preparing.filter((each) => each !== undefined);
  if (pending.length < 2) return pending[0];
  return Promise.all(pending).then(() => undefined);
}
