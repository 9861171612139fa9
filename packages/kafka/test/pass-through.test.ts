import {
  type AssignmentListener,
  type Batch,
  createPipeline,
  type LaneProgress,
  passThrough,
  RecordView,
  type Transform,
  type Transport,
} from "@tandem-cdc/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MessageBatch } from "../src/internal/message-batch.ts";
import type { Message } from "../src/internal/rdkafka.ts";
import { bytes } from "./support.ts";

const made = vi.hoisted(() => ({ views: 0 }));
vi.mock(import("../../core/src/batch.ts"), async (original) => {
  const actual = await original();
  class Counted extends actual.RecordView {
    constructor(batch: Batch, index: number) {
      super(batch, index);
      made.views++;
    }
  }
  return { ...actual, RecordView: Counted };
});

const LANE = { topic: "cdc.orders", partition: 0 };
const RECORDS = 1_000;

/** One lane with one batch; what is produced is kept, and no more is asked of it than its length. */
function oneBatch(batch: Batch): { readonly transport: Transport; readonly committed: Promise<readonly Batch[]> } {
  const produced: Batch[] = [];
  let listener: AssignmentListener | undefined;
  let begun = false;
  let left = [batch];
  let settle: (batches: readonly Batch[]) => void = () => undefined;
  const committed = new Promise<readonly Batch[]>((resolve) => (settle = resolve));
  const transport: Transport = {
    connect: (given) => Promise.resolve(void (listener = given)),
    async poll() {
      await new Promise((resolve) => setImmediate(resolve));
      if (!begun) await listener?.assigned([LANE]);
      const batches = begun ? left : [];
      if (begun) left = [];
      begun = true;
      return batches;
    },
    pause: () => undefined,
    resume: () => undefined,
    seek: () => Promise.resolve(),
    laneStarts: () => Promise.resolve([{ committed: null, state: null, logStart: 0, logEnd: RECORDS, partitions: 1 }]),
    async *read() {},
    begin: () => Promise.resolve(),
    produce: (output) => Promise.resolve(void produced.push(output)),
    commit: (progress: readonly LaneProgress[]) =>
      Promise.resolve(progress.some(({ nextOffset }) => nextOffset === RECORDS) ? settle(produced) : undefined),
    abort: () => Promise.resolve(),
    renewProducer: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return { transport, committed };
}

async function run(transforms: readonly Transform[]): Promise<readonly Batch[]> {
  const messages = Array.from({ length: RECORDS }, (_, offset): Message => ({
    ...LANE,
    offset,
    key: bytes("k"),
    value: bytes("v"),
    size: 1,
    timestamp: 1,
  }));
  const { committed, transport } = oneBatch(new MessageBatch(LANE, messages));
  const controller = new AbortController();
  const running = createPipeline({ name: "pass", transport, transforms }).run({ signal: controller.signal });
  const produced = await Promise.race([committed, running.then(() => [])]);
  controller.abort();
  await running;
  return produced;
}

const untouched: Transform = { name: "untouched", apply: (batch) => passThrough(batch) };
const looking: Transform = {
  name: "looking",
  apply(batch) {
    for (let i = 0; i < batch.length; i++)
      if (new RecordView(batch, i).headers.length > 0) throw new Error("no record has headers");
    return passThrough(batch);
  },
};

let headers: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  made.views = 0;
  headers = vi.spyOn(MessageBatch.prototype, "headers");
});
afterEach(() => vi.restoreAllMocks());

it("on pass-through no record becomes an object, and no header is parsed before it is produced", async () => {
  const [output] = await run([untouched]);
  expect(output).toBeInstanceOf(MessageBatch);
  expect(output?.length).toBe(RECORDS);
  expect(made.views).toBe(0);
  expect(headers).not.toHaveBeenCalled();
});

it("a transform that asks for records gets them, one object each", async () => {
  await run([untouched, looking]);
  expect(made.views).toBe(RECORDS);
  expect(headers).toHaveBeenCalledTimes(RECORDS);
});
