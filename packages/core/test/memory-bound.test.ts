import { batchOf, createPipeline, type PlainRecord, type Transform, type Transport } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";

const LANE = { topic: "cdc.shop.orders", partition: 0 };
const BATCHES = 40;
const BOUND = 100_000;

const record = (offset: number, bytes: number): PlainRecord => ({
  offset,
  timestamp: 1,
  key: null,
  value: new Uint8Array(bytes),
});

/** Makes a large record of each small one, and counts what it has made. */
function growing(): Transform & { made: number } {
  return {
    name: "growing",
    made: 0,
    apply(batch) {
      this.made++;
      const next = batchOf(batch.lane, [record(batch.offset(0), BOUND)]);
      return { next, origins: null, dropped: [], rejected: [], diverted: [] };
    },
  };
}

/** Delivers one small record with each poll, and opens no transaction before it is told to. */
function slowTransport(): Transport & { readonly go: () => void; committed: number; delivered: number } {
  let go = (): void => undefined;
  const told = new Promise<void>((resolve) => (go = resolve));
  return {
    committed: 0,
    delivered: 0,
    go: () => go(),
    async connect(listener) {
      await listener.assigned([LANE]);
    },
    async poll() {
      await new Promise((resolve) => setImmediate(resolve));
      return this.delivered === BATCHES ? [] : [batchOf(LANE, [record(this.delivered++, 10)])];
    },
    pause() {},
    resume() {},
    async seek() {},
    laneStarts: async (lanes) =>
      lanes.map(() => ({ committed: null, state: null, logStart: 0, logEnd: BATCHES, partitions: 1 })),
    async *read() {},
    begin: () => told,
    async produce() {},
    async commit([progress]) {
      this.committed = progress?.nextOffset ?? 0;
    },
    async abort() {},
    async renewProducer() {},
    async close() {},
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn++) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe("the memory bound", () => {
  it("counts what transforms make: a lane makes no more while that waits, and goes on when it is committed", async () => {
    const transport = slowTransport();
    const transform = growing();
    const stop = new AbortController();
    const running = createPipeline({
      name: "test",
      transport,
      transforms: [transform],
      maxBufferedBytes: BOUND,
    }).run({ signal: stop.signal });
    await until(() => transport.delivered === BATCHES);
    expect(transform.made).toBeLessThan(4);
    transport.go();
    await until(() => transport.committed === BATCHES);
    expect(transport.committed).toBe(BATCHES);
    expect(transform.made).toBe(BATCHES);
    stop.abort();
    await running;
  });
});
