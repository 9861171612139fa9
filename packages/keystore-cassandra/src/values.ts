import type { Lane } from "@tandem-cdc/core";
import cassandra from "cassandra-driver";

// Values as the protocol has them. A driver passes buffers on as they are; from numbers and texts it makes them anew for
// each statement, and again for its routing, which is a good part of what a statement costs. It is also the form that
// does not depend on how somebody's client was told to treat a bigint.

/** What begins a partition's key, made once for a lane: namespace, topic, partition. */
export class LaneKeys {
  readonly #namespace: Buffer;
  readonly #known = new WeakMap<Lane, readonly Buffer[]>();

  constructor(namespace: string) {
    this.#namespace = Buffer.from(namespace);
  }

  of(lane: Lane): readonly Buffer[] {
    let key = this.#known.get(lane);
    if (key === undefined)
      this.#known.set(lane, (key = [this.#namespace, Buffer.from(lane.topic), int(lane.partition)]));
    return key;
  }
}

function int(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Of a safe integer. */
export function bigint(value: number): Buffer {
  const high = Math.floor(value / 2 ** 32);
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeInt32BE(high);
  bytes.writeUInt32BE(value - high * 2 ** 32, 4);
  return bytes;
}

/** A bigint as a driver gives it: a Long, or a BigInt where its client was told so. */
export function safeInteger(value: unknown): number {
  return value instanceof cassandra.types.Long ? value.toNumber() : Number(value);
}
