import {
  type Block,
  type BlockStore,
  type KeyValue,
  orderedBlockStore,
  type OrderedKeyValues,
  TandemError,
} from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coordinatesOf, OrderedKeys } from "../src/claims/ordered-keys.ts";

const LANE = { topic: "cdc.orders", partition: 0 };
const NEVER = new AbortController().signal;
const HOUR_MS = 3_600_000;
const KEPT_MS = HOUR_MS * 1.25;

/** A gate that stands open until it is shut. */
class Gate {
  #open: () => void = () => undefined;
  #passed: Promise<void> = Promise.resolve();
  #arrived: () => void = () => undefined;

  /** Resolves when somebody waits at the gate. */
  shut(): Promise<void> {
    this.#passed = new Promise((resolve) => (this.#open = resolve));
    return new Promise((resolve) => (this.#arrived = resolve));
  }
  open(): void {
    this.#open();
  }
  pass(): Promise<void> {
    this.#arrived();
    return this.#passed;
  }
}

class Memory implements OrderedKeyValues {
  readonly data = new Map<string, KeyValue>();
  readonly reading = new Gate();
  readonly deleting = new Gate();
  readonly writing = new Gate();
  broken = false;

  async write(entries: readonly KeyValue[]): Promise<void> {
    await this.writing.pass();
    for (const entry of entries) this.data.set(Buffer.from(entry[0]).toString("hex"), entry);
  }
  async *range(from: Uint8Array, to: Uint8Array): AsyncGenerator<KeyValue> {
    const found = [...this.data.values()].filter(
      ([key]) => Buffer.compare(from, key) <= 0 && Buffer.compare(key, to) < 0,
    );
    await this.reading.pass();
    yield* found.sort(([a], [b]) => Buffer.compare(a, b));
  }
  async deleteRange(from: Uint8Array, to: Uint8Array): Promise<void> {
    await this.deleting.pass();
    if (this.broken) throw new TandemError("STORE_UNAVAILABLE", "down", { retriable: true });
    for (const [name, [key]] of this.data)
      if (Buffer.compare(from, key) <= 0 && Buffer.compare(key, to) < 0) this.data.delete(name);
  }
  async close(): Promise<void> {}
}

/** Everything here takes microtasks only: a turn later, the sweep has ended. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function block(bucket: number, coordinate: number): Block {
  return { bucket, first: coordinate, last: coordinate, bytes: Uint8Array.of(1) };
}

async function firsts(store: BlockStore, bucket: number): Promise<number[]> {
  const found: number[] = [];
  for await (const { first } of store.load(LANE, bucket, NEVER)) found.push(first);
  return found;
}

async function setUp(): Promise<{ store: BlockStore; memory: Memory; pass: (ms: number) => void }> {
  let now = 0;
  const memory = new Memory();
  const clock = { now: () => now, sleep: async () => undefined };
  const store = await orderedBlockStore(async () => memory, { namespace: "shop", horizonMs: HOUR_MS, clock });
  await store.append(LANE, [block(1, 10)], NEVER);
  return { store, memory, pass: (ms) => (now += ms) };
}

describe("a bucket that is old", () => {
  it("is dropped with its stamp, and no other", async () => {
    const { memory, pass, store } = await setUp();
    pass(KEPT_MS);
    await store.append(LANE, [block(2, 20)], NEVER);
    pass(1);
    expect(await firsts(store, 1)).toEqual([10]);
    pass(KEPT_MS / 8);
    await store.append(LANE, [block(2, 21)], NEVER);
    await settled();
    expect(memory.data.size).toBe(3);
  });

  it("stays when it is written to while old buckets are looked for", async () => {
    const { memory, pass, store } = await setUp();
    pass(KEPT_MS * 2);
    const swept = memory.reading.shut();
    await store.append(LANE, [block(2, 20)], NEVER);
    await swept;
    await store.append(LANE, [block(1, 11)], NEVER);
    memory.reading.open();
    await settled();
    expect(memory.data.size).toBe(5);
  });

  it("stays when a write to it was under way before", async () => {
    const { memory, pass, store } = await setUp();
    pass(KEPT_MS * 2);
    const arrived = memory.writing.shut();
    const slow = store.append(LANE, [block(1, 11)], NEVER);
    await arrived;
    const swept = memory.reading.shut();
    // The sweep begins after another write, which overtakes.
    memory.writing.pass = async () => undefined;
    await store.append(LANE, [block(2, 20)], NEVER);
    await swept;
    memory.writing.open();
    await slow;
    memory.reading.open();
    await settled();
    expect(memory.data.size).toBe(5);
  });

  it("takes a write when it has been dropped, which therefore stays", async () => {
    const { memory, pass, store } = await setUp();
    pass(KEPT_MS * 2);
    const dropping = memory.deleting.shut();
    await store.append(LANE, [block(2, 20)], NEVER);
    await dropping;
    let written = false;
    const write = store.append(LANE, [block(1, 11)], NEVER).then(() => (written = true));
    await store.append(LANE, [block(3, 30)], NEVER);
    expect(written).toBe(false);
    memory.deleting.open();
    await write;
    expect(await firsts(store, 1)).toEqual([11]);
  });

  it("that cannot be dropped disturbs no write, and is dropped later", async () => {
    const { memory, pass, store } = await setUp();
    memory.broken = true;
    pass(KEPT_MS * 2);
    const dropping = memory.deleting.shut();
    await store.append(LANE, [block(2, 20)], NEVER);
    await dropping;
    const write = store.append(LANE, [block(1, 11)], NEVER);
    memory.deleting.open();
    await write;
    memory.broken = false;
    pass(KEPT_MS * 2);
    await store.append(LANE, [block(3, 30)], NEVER);
    await settled();
    expect(memory.data.size).toBe(2);
  });
});

describe("keys", () => {
  const coordinate = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  const bucket = fc.maxSafeInteger();
  it("keep the order of buckets and coordinates", () => {
    const keys = new OrderedKeys("shop");
    fc.assert(
      fc.property(fc.tuple(bucket, coordinate, coordinate), fc.tuple(bucket, coordinate, coordinate), (a, b) => {
        const [one, other] = [a, b].map(([bucket, first, last]) =>
          keys.block(LANE, { bucket, first, last, bytes: Uint8Array.of() }),
        );
        const order = a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
        expect(Math.sign(Buffer.compare(one ?? Uint8Array.of(), other ?? Uint8Array.of()))).toBe(Math.sign(order));
      }),
    );
  });
  it("give back a block's coordinates", () => {
    fc.assert(
      fc.property(bucket, coordinate, coordinate, (bucket, first, last) => {
        expect(
          coordinatesOf(new OrderedKeys("shop").block(LANE, { bucket, first, last, bytes: Uint8Array.of() })),
        ).toEqual({ first, last });
      }),
    );
  });
  it("of one bucket lie in its range, and of no other namespace, lane or bucket", () => {
    const name = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom("a", "b", "\0", "ÿ", "-") });
    const place = fc.tuple(name, name, fc.nat(300), bucket);
    fc.assert(
      fc.property(place, place, (here, there) => {
        const [namespace, topic, partition, bucket] = here;
        const { from, to } = new OrderedKeys(namespace).blocks({ topic, partition }, bucket);
        const [otherNamespace, otherTopic, otherPartition, otherBucket] = there;
        const keys = new OrderedKeys(otherNamespace);
        const lane = { topic: otherTopic, partition: otherPartition };
        const within = (key: Uint8Array): boolean => Buffer.compare(from, key) <= 0 && Buffer.compare(key, to) < 0;
        expect(
          within(
            keys.block(lane, { bucket: otherBucket, first: 0, last: Number.MAX_SAFE_INTEGER, bytes: Uint8Array.of() }),
          ),
        ).toBe(here.join() === there.join());
        expect(within(keys.written(lane, otherBucket))).toBe(false);
        expect(keys.blocksOf(keys.written(lane, otherBucket))).toEqual(keys.blocks(lane, otherBucket));
      }),
    );
  });
});
