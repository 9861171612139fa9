import { type Lane, laneId } from "@tandem-cdc/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Membership } from "../src/internal/membership.ts";
import type { Message } from "../src/internal/rdkafka.ts";

type Rebalanced = (error: { readonly code: number }, partitions: readonly Lane[]) => void;

/** The client, whose answers the tests give by hand. */
class FakeConsumer {
  static last: FakeConsumer;
  readonly rebalance: Rebalanced;
  answer: (error: null, messages: readonly Message[]) => void = () => undefined;

  constructor(conf: { readonly rebalance_cb: Rebalanced }) {
    this.rebalance = conf.rebalance_cb;
    FakeConsumer.last = this;
  }

  connect(_options: object, done: (error: null) => void): void {
    done(null);
  }

  consume(_records: number, done: FakeConsumer["answer"]): void {
    this.answer = done;
  }

  seek(_to: object, _timeoutMs: number, done: (error: null) => void): void {
    done(null);
  }

  on(): void {}
  setDefaultConsumeTimeout(): void {}
  assign(): void {}
  unassign(): void {}
  resume(): void {}
}

vi.mock("../src/internal/rdkafka.ts", () => ({ native: () => ({ KafkaConsumer: FakeConsumer }) }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LANES: readonly Lane[] = [0, 1].map((partition) => ({ topic: "t", partition }));

function message(lane: Lane, offset: number): Message {
  return { ...lane, offset, key: null, value: Buffer.from("x"), size: 1, timestamp: 1 };
}

async function assigned(): Promise<Membership> {
  const membership = new Membership(
    { conf: {}, pollRecords: 100, pollWaitMs: 10, notice: () => undefined, replaced: () => Promise.resolve(false) },
    {
      assigned: (lanes) => Promise.resolve(lanes.map((lane) => ({ lane, offset: 0 }))),
      revoked: () => Promise.resolve(),
      failed: (error) => {
        throw error;
      },
    },
  );
  await membership.connect();
  FakeConsumer.last.rebalance({ code: -175 }, LANES);
  await vi.waitFor(() => expect(membership.lanes).toHaveLength(2));
  return membership;
}

it.each<[string, (membership: Membership) => unknown, string[]]>([
  ["a seek of one lane", (membership) => membership.seek({ topic: "t", partition: 0 }, 0), ["t-1@7"]],
  ["an assignment of all", () => FakeConsumer.last.rebalance({ code: -175 }, LANES), []],
])("what a late poll read before %s never comes out after it", async (_, move, left) => {
  const membership = await assigned();
  const late = expect(membership.poll()).rejects.toMatchObject({ code: "TRANSPORT_TIMEOUT" });
  await vi.advanceTimersByTimeAsync(60_000);
  await late;
  const moved = move(membership);
  await vi.advanceTimersByTimeAsync(1);
  FakeConsumer.last.answer(
    null,
    LANES.map((lane) => message(lane, 7)),
  );
  await moved;
  const polled = membership.poll();
  await vi.advanceTimersByTimeAsync(1);
  FakeConsumer.last.answer(null, []);
  await vi.advanceTimersByTimeAsync(1);
  FakeConsumer.last.answer(null, []);
  expect((await polled).map((batch) => `${laneId(batch.lane)}@${batch.offset(0)}`)).toEqual(left);
});
