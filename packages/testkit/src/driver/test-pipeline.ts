import { AssertionError } from "node:assert";
import type { ErrorCode } from "@tandem-cdc/core";
import { TandemError } from "@tandem-cdc/core";
import { type Duration, milliseconds } from "./duration.ts";
import { type ExpectedDeadLetter, type ExpectedOutput, mismatches, type Output, type Received } from "./output.ts";
import { Sender, type TestChange, type TestRecord } from "./test-record.ts";
import type { PipelineMaker, TestedPipeline } from "./tested-pipeline.ts";
import { World } from "./world.ts";

type Sendable = TestRecord | TestChange;

/**
 * Drives a pipeline in a test: the real runtime and real transactions, on a simulated Kafka in virtual time. Nothing
 * is mocked, nothing goes wrong that the test does not ask for, and a day passes in no time.
 *
 * Steps are taken one after the other; `await` the last one. What is expected is compared with what came out since it was
 * last asked for.
 */
export class TestPipeline implements PromiseLike<void> {
  readonly #world: World;
  readonly #madeAnew: boolean;
  #steps: Promise<void> = Promise.resolve();
  #sender: Sender | undefined;
  #outputs: Received[] = [];
  #deadLetters: Received[] = [];

  constructor(pipeline: TestedPipeline | PipelineMaker) {
    this.#madeAnew = typeof pipeline === "function";
    this.#world = new World(typeof pipeline === "function" ? pipeline : () => pipeline);
  }

  /** Sends records, in this order. They are processed when something is expected, or time passes. */
  send(...records: readonly (Sendable | readonly Sendable[])[]): this {
    return this.#step(async () => {
      const { converters, partitions, topic } = await this.#world.made();
      this.#sender ??= new Sender({ topic, converters, now: () => this.#world.scheduler.now });
      for (const each of records.flat() as readonly Sendable[])
        for (const sent of this.#sender.made(each)) this.#world.append(sent, partitions);
    });
  }

  /** Lets virtual time pass: `2h`. */
  advance(duration: Duration): this {
    const ms = milliseconds(duration);
    return this.#step(() => this.#world.pass(ms));
  }

  /**
   * The process is killed, and another one starts. If something was sent that is not processed yet, it is killed with its
   * transaction open: that is aborted, and the records are processed again.
   */
  restart(): this {
    return this.#step(async () => {
      if (!this.#madeAnew)
        throw new TypeError(
          "restart: a crash forgets what transforms remember outside of the lane's state. Give testPipeline a function that makes the pipeline anew: testPipeline(() => ({ transforms: [...] }))",
        );
      await this.#world.crash();
    });
  }

  /** Exactly these records come out, in the order in which they are written: of one input partition, its own. */
  expect(expected: readonly ExpectedOutput[]): this {
    return this.#check("outputs", expected, () => this.#outputs.splice(0));
  }

  /** Nothing comes out. */
  expectNothing(): this {
    return this.#check("outputs", [], () => this.#outputs.splice(0));
  }

  /** Exactly these dead letters, in this order. */
  expectDeadLetters(expected: readonly ExpectedDeadLetter[]): this {
    return this.#check("dead letters", expected, () => this.#deadLetters.splice(0));
  }

  /** The pipeline fails, with an error of this code and message. `restart` begins again. */
  expectFailure(code: ErrorCode, message: RegExp = /^/): this {
    const failed = failure(1);
    return this.#step(async () => {
      const error = await this.#world.settle();
      const found = error === null ? "it runs" : error instanceof TandemError ? error.code : error.name;
      const expected = message.source === "^" ? code : `${code}: ${String(message)}`;
      if (found !== code || !message.test(error?.message ?? ""))
        throw failed(
          `the pipeline was to fail with ${expected}, but: ${error === null ? found : `${found}: ${error.message}`}`,
          {
            actual: found,
            expected: code,
            cause: error,
          },
        );
    });
  }

  /** What came out since it was last asked for, decoded: for other assertions. */
  async outputs(): Promise<readonly Output[]> {
    let taken: readonly Received[] = [];
    await this.#check("outputs", null, () => (taken = this.#outputs.splice(0)));
    return taken.map(({ output }) => output);
  }

  /** Stops the pipeline as SIGTERM does: open transactions end, transforms are closed. The next step starts another. */
  stop(): this {
    return this.#step(() => this.#world.stop());
  }

  // oxlint-disable-next-line unicorn/no-thenable -- to be awaited is what it is for
  then<A = void, B = never>(
    onDone?: ((value: void) => A | PromiseLike<A>) | null,
    onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#steps.then(onDone, onFailed);
  }

  #step(step: () => Promise<void>): this {
    this.#steps = this.#steps.then(step);
    return this;
  }

  #check(what: string, expected: readonly ExpectedDeadLetter[] | null, take: () => readonly Received[]): this {
    const failed = failure(2);
    return this.#step(async () => {
      const error = await this.#world.settle();
      if (error !== null)
        throw failed(`the pipeline failed: ${error.message}`, { actual: error, expected: undefined, cause: error });
      const { deadLetterTopic } = (await this.#world.made()).parts.errors ?? {};
      for (const each of this.#world.take())
        (each.output.topic === deadLetterTopic ? this.#deadLetters : this.#outputs).push(each);
      const found = take();
      const lines = expected === null ? [] : mismatches(found, expected);
      if (lines.length > 0)
        throw failed(`the ${what} are not what was expected\n${lines.join("\n")}\n`, {
          actual: found.map(({ output }) => output),
          expected,
        });
    });
  }
}

interface Details {
  readonly actual: unknown;
  readonly expected: unknown;
  readonly cause?: Error | null;
}

/** Makes an assertion's error that points to the test: so many calls lie between. */
function failure(between: number): (message: string, details: Details) => AssertionError {
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, failure);
  const calls = (place.stack ?? "").split("\n").slice(1 + between);
  return (message, { actual, cause = null, expected }) => {
    const error = new AssertionError({ message, actual, expected, operator: "testPipeline" });
    error.stack = `${error.name}: ${message}\n${calls.join("\n")}`;
    if (cause !== null) error.cause = cause;
    return error;
  };
}

/**
 * Puts a pipeline into a test. A function makes it anew for each process: it is given the virtual clock, and a key store that
 * outlives processes.
 */
export function testPipeline(pipeline: TestedPipeline | PipelineMaker): TestPipeline {
  return new TestPipeline(pipeline);
}
