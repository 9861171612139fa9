import {
  type AssignmentListener,
  batchOf,
  createPipeline,
  type PipelineOptions,
  TransactionError,
  type Transform,
  type Transport,
} from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";

const LANE = { topic: "cdc.shop.orders", partition: 0 };

/** One record on one lane, delivered after every seek; everything succeeds unless `methods` says otherwise. */
function transportOf(methods: Partial<Transport> = {}): Transport {
  let listener: AssignmentListener | undefined;
  let ready = true;
  return {
    async connect(given) {
      listener = given;
      await given.assigned([LANE]);
    },
    async poll() {
      await new Promise((resolve) => setImmediate(resolve));
      if (!ready) return [];
      ready = false;
      return [batchOf(LANE, [{ offset: 0, timestamp: 1, key: null, value: new Uint8Array(1) }])];
    },
    pause() {},
    resume() {},
    async seek() {
      ready = true;
    },
    laneStarts: async (lanes) =>
      lanes.map(() => ({ committed: null, state: null, logStart: 0, logEnd: 1, partitions: 1 })),
    async *read() {},
    async begin() {},
    async produce() {},
    async commit() {},
    async abort() {},
    async renewProducer() {},
    close: async () => listener?.revoked([LANE], false),
    ...methods,
  };
}

/** Counts how often it was closed. */
function stage(): Transform & { closed: number } {
  return {
    name: "stage",
    closed: 0,
    apply: (batch) => ({ next: batch, origins: null, dropped: [], rejected: [], diverted: [] }),
    close() {
      this.closed++;
    },
  };
}

function pipeline(transport: Transport, options: Partial<PipelineOptions> = {}): ReturnType<typeof createPipeline> {
  return createPipeline({ name: "test", transport, transforms: [], ...options });
}

describe("a transaction error that repeating cannot mend", () => {
  it("ends the pipeline, whatever is tolerated: no record is to blame", async () => {
    let commits = 0;
    const transport = transportOf({
      async commit() {
        commits++;
        throw new TransactionError("abortable", "Topic authorization failed", { retriable: false });
      },
    });
    const running = pipeline(transport, { errors: { tolerance: "all" } }).run();
    await expect(running).rejects.toThrow(/authorization failed/);
    expect(commits).toBe(1);
  });
});

describe("the end of a run", () => {
  it("closes what it was given, also when it was told to stop before it began", async () => {
    let closed = 0;
    const transform = stage();
    const transport = transportOf({ close: async () => void closed++ });
    await pipeline(transport, { transforms: [transform] }).run({ signal: AbortSignal.abort() });
    expect([closed, transform.closed]).toEqual([1, 1]);
  });

  it("closes the stages, also when the transport does not close", async () => {
    const transform = stage();
    const transport = transportOf({ close: () => Promise.reject(new Error("still busy")) });
    const running = pipeline(transport, { transforms: [transform] }).run({ signal: AbortSignal.abort() });
    await expect(running).rejects.toThrow("still busy");
    expect(transform.closed).toBe(1);
  });
});
