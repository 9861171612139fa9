import { laneId } from "@tandem-cdc/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Intake } from "../src/internal/intake.ts";
import type { Message } from "../src/internal/rdkafka.ts";
import { bytes } from "./support.ts";

/** What the client answers to one call: with messages or an error, at once or after a time. */
interface Answer {
  readonly afterMs?: number;
  readonly messages?: readonly Message[];
  readonly error?: Error;
}

function message(offset: number, partition = 0): Message {
  return { topic: "t", partition, offset, key: null, value: bytes("x"), size: 1, timestamp: 1 };
}

const NONE: Answer = { messages: [] };
const FAILED = Object.assign(new Error("Broker: Unknown topic or partition"), { code: 3 });
/** Longer than the deadline of a call. */
const LATE_MS = 61_000;

/** An intake on a client that answers like this, one call after the other, and then with nothing. */
function intakeOf(...answers: Answer[]): { readonly intake: Intake; readonly underway: () => number } {
  let underway = 0;
  const consume = (_records: number, done: (error: Error | null, messages: Message[]) => void): void => {
    const { afterMs = 0, error = null, messages = [] } = answers.shift() ?? NONE;
    expect(++underway).toBe(1);
    setTimeout(() => {
      underway--;
      done(error, [...messages]);
    }, afterMs);
  };
  const client = { consume, setDefaultConsumeTimeout: () => undefined };
  return { intake: new Intake(client, 1_000, 10), underway: () => underway };
}

/** Lets time pass until it is over. */
async function over<T>(promise: Promise<T>): Promise<T | Error> {
  const seen = promise.catch((thrown: Error) => thrown);
  await vi.runAllTimersAsync();
  return seen;
}

/** As `over`, and time stands still soon after the deadline. */
async function late(promise: Promise<unknown>): Promise<unknown> {
  const seen = promise.catch((thrown: Error) => thrown);
  await vi.advanceTimersByTimeAsync(60_500);
  return seen;
}

async function taken(intake: Intake): Promise<string[]> {
  const found = await over(intake.take());
  if (found instanceof Error) throw found;
  return found.map((one) => `${laneId(one)}@${one.offset}`);
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("takes what is there at once, and else the first to come with what is behind it", async () => {
  const { intake } = intakeOf(
    { messages: [message(0), message(1)] },
    NONE,
    { messages: [message(2)] },
    { messages: [message(3)] },
  );
  expect(await taken(intake)).toEqual(["t-0@0", "t-0@1"]);
  expect(await taken(intake)).toEqual(["t-0@2", "t-0@3"]);
  expect(await taken(intake)).toEqual([]);
});

it("an error behind the first record is told by the next take: the record is not lost", async () => {
  const { intake } = intakeOf(NONE, { messages: [message(0)] }, { error: FAILED }, { messages: [message(1)] });
  expect(await taken(intake)).toEqual(["t-0@0"]);
  expect(await over(intake.take())).toBe(FAILED);
  expect(await taken(intake)).toEqual(["t-0@1"]);
});

it.each<[string, Answer[]]>([
  ["what is there", []],
  ["the first to come", [NONE]],
])(
  "%s, answered after the deadline, comes with the next take, and no second call runs beside it",
  async (_, before) => {
    const { intake, underway } = intakeOf(
      ...before,
      { afterMs: LATE_MS, messages: [message(0)] },
      { messages: [message(1)] },
    );
    expect(await late(intake.take())).toMatchObject({ code: "TRANSPORT_TIMEOUT", retriable: true });
    expect(underway()).toBe(1);
    expect(await taken(intake)).toEqual(["t-0@0"]);
    expect(await taken(intake)).toEqual(["t-0@1"]);
  },
);

it("an answer that is late behind the first record comes after it", async () => {
  const { intake } = intakeOf(NONE, { messages: [message(0)] }, { afterMs: LATE_MS, messages: [message(1)] });
  expect(await late(intake.take())).toEqual([message(0)]);
  expect(await over(intake.take())).toMatchObject({ code: "TRANSPORT_TIMEOUT" });
  expect(await taken(intake)).toEqual(["t-0@1"]);
});

it("a late error is told once", async () => {
  const { intake } = intakeOf({ afterMs: LATE_MS, error: FAILED }, { messages: [message(0)] });
  await late(intake.take());
  expect(await over(intake.take())).toBe(FAILED);
  expect(await taken(intake)).toEqual(["t-0@0"]);
});

it("forgets what was read of a lane that is moved while a call is under way, and nothing of others", async () => {
  const { intake, underway } = intakeOf({ afterMs: LATE_MS, messages: [message(0, 0), message(5, 1)] });
  await late(intake.take());
  const moved = intake.forget([{ topic: "t", partition: 0 }]).then(() => expect(underway()).toBe(0));
  await over(moved);
  await moved;
  expect(await taken(intake)).toEqual(["t-1@5"]);
  await intake.forget([{ topic: "t", partition: 1 }]);
});

it("keeps a late error over a move, and a move is refused while there is no answer", async () => {
  const { intake } = intakeOf({ afterMs: 2 * LATE_MS, error: FAILED });
  await late(intake.take());
  expect(await late(intake.forget([{ topic: "t", partition: 0 }]))).toMatchObject({ code: "TRANSPORT_TIMEOUT" });
  expect(await over(intake.forget([{ topic: "t", partition: 0 }]))).toBeUndefined();
  expect(await over(intake.take())).toBe(FAILED);
  expect(await taken(intake)).toEqual([]);
});
