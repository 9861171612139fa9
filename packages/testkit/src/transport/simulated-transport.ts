import {
  type AssignmentListener,
  type Batch,
  batchOf,
  type Lane,
  isRetriable,
  laneId,
  type LaneProgress,
  type LaneStart,
  TandemError,
  TransactionError,
  type Transport,
} from "@tandem-cdc/core";
import type { Strikes } from "../faults.ts";
import type { LogRecord } from "../kafka/partition-log.ts";
import type { SimulatedKafka } from "../kafka/simulated-kafka.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { isBroker, transportError, unavailable } from "./errors.ts";
import { Membership, type Position } from "./membership.ts";
import { Sender } from "./sender.ts";

export interface SimulatedTransportOptions {
  readonly kafka: SimulatedKafka;
  /** The process that this transport lives in, and dies with. */
  readonly process: SimulatedProcess;
  readonly faults: Strikes;
  /** Consumer group; the prefix of transactional id and lane state topic. */
  readonly name: string;
  readonly instance: string;
  readonly topics: readonly string[];
  /** Records that one poll takes of a lane at most. Default 500. */
  readonly pollRecords?: number;
  /** How long a poll without records waits at most. Default 800. */
  readonly idleMs?: number;
  /** How often the group hears of the process. Default 2 s. */
  readonly heartbeatMs?: number;
  /** Records that the broker refuses for good. */
  readonly refuses?: (record: LogRecord) => boolean;
}

/** A transport on the simulated Kafka: what `packages/kafka` is on the real one, with its failures at will. */
export function simulatedTransport(options: SimulatedTransportOptions): Transport {
  return new SimulatedTransport(options);
}

class SimulatedTransport implements Transport {
  readonly #options: SimulatedTransportOptions;
  readonly #sender: Sender;
  #membership: Membership | undefined;

  constructor(options: SimulatedTransportOptions) {
    this.#options = options;
    this.#sender = new Sender(options);
  }

  async connect(listener: AssignmentListener): Promise<void> {
    const { kafka, name, process, topics } = this.#options;
    await process.call(() => kafka.createTopic(`${name}.lanes`, 1));
    for (;;) {
      try {
        await this.#sender.open();
        break;
      } catch (thrown) {
        if (!isRetriable(thrown)) throw thrown;
        await process.clock.sleep(200);
      }
    }
    this.#membership = new Membership(this.#options, topics, listener);
    void this.#membership.run();
  }

  poll(): Promise<readonly Batch[]> {
    return this.#options.process.during("reading", () => this.#poll());
  }

  async #poll(): Promise<readonly Batch[]> {
    const { faults, idleMs = 800, process } = this.#options;
    const membership = this.#member();
    if (faults.strikes("poll-failed")) throw unavailable("polling");
    const fetched = await process.call(() => membership.reading.map((position) => this.#fetch(position)));
    const batches: Batch[] = [];
    for (const found of fetched) {
      if (found === null || !membership.holds(found.position)) continue;
      found.position.next = found.next;
      batches.push(found.batch);
    }
    if (batches.length === 0) await process.clock.sleep(process.random.between(idleMs / 16, idleMs));
    return batches;
  }

  /** As much as the seed pleases of what a lane has. */
  #fetch(position: Position): { readonly position: Position; readonly batch: Batch; readonly next: number } | null {
    const { kafka, pollRecords = 500, process } = this.#options;
    const { lane, next } = position;
    try {
      const log = kafka.log(lane);
      const records = log.read(next, 1 + process.random.below(pollRecords));
      const last = records.at(-1);
      return last === undefined ? null : { position, batch: batchOf(lane, records), next: last.offset + 1 };
    } catch (thrown) {
      if (!isBroker(thrown, "OFFSET_OUT_OF_RANGE")) throw transportError("polling", thrown);
      throw new TandemError("LANE_OFFSET_OUT_OF_RANGE", `the next offset of ${laneId(lane)} is no longer in its log`, {
        cause: thrown,
      });
    }
  }

  pause(lanes: readonly Lane[]): void {
    this.#member().pause(lanes);
  }

  resume(lanes: readonly Lane[]): void {
    this.#member().resume(lanes);
  }

  seek(lane: Lane, offset: number): Promise<void> {
    const { faults, process } = this.#options;
    return process.during("rewinding", async () => {
      await process.clock.sleep(process.latency());
      if (faults.strikes("seek-failed")) throw unavailable(`seeking ${laneId(lane)}`);
      this.#member().seek(lane, offset);
    });
  }

  laneStarts(lanes: readonly Lane[]): Promise<readonly LaneStart[]> {
    return this.#options.process.during("finding starts", () => this.#laneStarts(lanes));
  }

  /** Committed offsets first: whatever the state topic shows after them is as new or newer. */
  async #laneStarts(lanes: readonly Lane[]): Promise<readonly LaneStart[]> {
    const { faults, kafka, name, process } = this.#options;
    if (faults.strikes("lane-start-failed")) throw unavailable("finding out where lanes start");
    const committed = await this.#stableOffsets(lanes);
    const states = await process.call(() => kafka.newestByKey(`${name}.lanes`));
    return process.call(() =>
      lanes.map((lane, i) => {
        const log = kafka.log(lane);
        return {
          committed: committed[i] ?? null,
          state: states.get(laneId(lane)) ?? null,
          logStart: log.start,
          logEnd: log.lastStable,
          partitions: kafka.partitions(lane.topic),
        };
      }),
    );
  }

  async *read(lane: Lane, from: number, to: number, signal: AbortSignal): AsyncGenerator<Batch> {
    const { process } = this.#options;
    process.began("re-reading");
    try {
      yield* this.#read(lane, from, to, signal);
    } finally {
      process.ended("re-reading");
    }
  }

  async *#read(lane: Lane, from: number, to: number, signal: AbortSignal): AsyncGenerator<Batch> {
    const { faults, kafka, process } = this.#options;
    const { end, start } = await process.call(() => ({
      start: kafka.log(lane).start,
      end: Math.min(to, kafka.log(lane).lastStable),
    }));
    for (let next = Math.max(from, start); next < end;) {
      signal.throwIfAborted();
      if (faults.strikes("read-failed")) throw unavailable(`reading ${laneId(lane)}`);
      const records = await process.call(() => kafka.log(lane).read(next, 1 + process.random.below(50), end));
      const last = records.at(-1);
      if (last === undefined) return;
      yield batchOf(lane, records);
      next = last.offset + 1;
    }
  }

  async inputLanes(): Promise<readonly Lane[]> {
    const { kafka, process, topics } = this.#options;
    return process.call(() =>
      topics.flatMap((topic) =>
        Array.from({ length: kafka.partitions(topic) }, (_, partition) => ({ topic, partition })),
      ),
    );
  }

  async offsetAt(lane: Lane, timestampMs: number): Promise<number> {
    const { kafka, process } = this.#options;
    return process.call(() => {
      const log = kafka.log(lane);
      return log.read(log.start).find(({ timestamp }) => timestamp >= timestampMs)?.offset ?? log.end;
    });
  }

  async bounds(lane: Lane): Promise<{ readonly logStart: number; readonly logEnd: number }> {
    const { kafka, process } = this.#options;
    return process.call(() => ({ logStart: kafka.log(lane).start, logEnd: kafka.log(lane).lastStable }));
  }

  logEnd(lane: Lane): number | null {
    return this.#options.kafka.log(lane).lastStable;
  }

  begin(): Promise<void> {
    return this.#sender.begin();
  }

  produce(batch: Batch, outputTopic: (topic: string) => string): Promise<void> {
    return this.#options.process.during("producing", () => this.#sender.produce(batch, outputTopic));
  }

  async commit(progress: readonly LaneProgress[]): Promise<void> {
    const membership = this.#member();
    const gone = progress.find(({ lane }) => membership.position(lane) === undefined);
    if (gone !== undefined)
      throw new TransactionError("abortable", `lane ${laneId(gone.lane)} is not assigned any more`);
    await this.#options.process.during("committing", () => this.#sender.commit(progress, membership.shown));
  }

  abort(): Promise<void> {
    return this.#options.process.during("aborting", () => this.#sender.abort());
  }

  renewProducer(): Promise<void> {
    return this.#options.process.during("renewing", () => this.#sender.open());
  }

  async close(): Promise<void> {
    await this.#membership?.close();
    this.#sender.close();
  }

  #member(): Membership {
    if (this.#membership === undefined) throw new TandemError("TRANSPORT_FAILED", "the transport is not connected");
    return this.#membership;
  }

  async #stableOffsets(lanes: readonly Lane[]): Promise<readonly (number | null)[]> {
    const { kafka, name, process } = this.#options;
    const deadline = process.clock.now() + 20_000;
    for (;;) {
      try {
        return await process.call(() => kafka.group(name).committed(lanes));
      } catch (thrown) {
        if (process.clock.now() > deadline) throw transportError("reading committed offsets", thrown);
        await process.clock.sleep(process.random.between(20, 100));
      }
    }
  }
}
