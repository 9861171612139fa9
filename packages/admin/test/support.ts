import {
  type AssignmentListener,
  batchOf,
  createPipeline,
  type Lane,
  laneId,
  type Pipeline,
  type Transport,
} from "@tandem-cdc/core";
import { onTestFinished } from "vitest";
import { type AdminServer, adminServer, type AdminServerOptions, supervise, type Supervised } from "../src/index.ts";

export const LANE: Lane = { topic: "cdc.shop.orders", partition: 0 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A broker with one lane, in memory: what outlives the pipelines that use it. */
export class Broker {
  readonly input: string[] = [];
  readonly output: string[] = [];
  committed: number | null = null;
  state: Uint8Array | null = null;
  /** What `bounds` does in place of answering. */
  bounds: (() => Promise<never>) | null = null;

  transport(): Transport {
    let listener: AssignmentListener | undefined;
    let next = 0;
    let paused = false;
    let open: string[] = [];
    return {
      connect: async (given) => {
        listener = given;
        const [start] = await given.assigned([LANE]);
        next = start?.offset ?? 0;
      },
      poll: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (paused || next >= this.input.length) return [];
        const records = this.input.slice(next).map((text, i) => {
          return { offset: next + i, timestamp: 1, key: null, value: encoder.encode(text) };
        });
        next = this.input.length;
        return [batchOf(LANE, records)];
      },
      pause: () => void (paused = true),
      resume: () => void (paused = false),
      seek: async (_, offset) => void (next = offset),
      laneStarts: async () => [
        { committed: this.committed, state: this.state, logStart: 0, logEnd: this.input.length, partitions: 1 },
      ],
      // Only the anchor is read again.
      read: async function* (this: void) {},
      bounds: async () => (await this.bounds?.()) ?? { logStart: 0, logEnd: this.input.length },
      begin: async () => void (open = []),
      produce: async (batch) => {
        for (let i = 0; i < batch.length; i++) open.push(decoder.decode(batch.value(i) ?? undefined));
      },
      commit: async (progress) => {
        this.output.push(...open);
        for (const { nextOffset, state } of progress) [this.committed, this.state] = [nextOffset, state];
      },
      abort: async () => undefined,
      renewProducer: async () => undefined,
      close: async () => listener?.revoked([LANE], false),
    };
  }

  pipeline(name = "orders"): Pipeline {
    return createPipeline({ name, transport: this.transport(), transforms: [] });
  }
}

/** A supervised pipeline on a broker, running until the test ends. */
export function running(
  broker: Broker,
  options: { readonly name?: string; readonly keepAlive?: boolean; readonly create?: () => Pipeline } = {},
): { readonly pipeline: Supervised; readonly ended: Promise<unknown> } {
  const { name = "orders", create = () => broker.pipeline(name), keepAlive = false } = options;
  const pipeline = supervise({ name, create, keepAlive });
  const stop = new AbortController();
  const ended = pipeline.run({ signal: stop.signal }).catch((thrown: unknown) => thrown);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { pipeline, ended };
}

export async function until(condition: () => boolean, what: () => string = () => "it"): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what()}: did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export function untilState(pipeline: Supervised, state: string): Promise<void> {
  return until(
    () => pipeline.status().state === state,
    () => `${state}, still ${pipeline.status().state} ${pipeline.status().lastError?.message ?? ""}`,
  );
}

export async function serving(options: Omit<AdminServerOptions, "port">): Promise<AdminServer> {
  const server = await adminServer({ ...options, port: 0 });
  onTestFinished(() => server.close());
  return server;
}

export const LANE_ID = laneId(LANE);
