import { type Batch, batchBytes } from "../batch.ts";
import type { Clock } from "../clock.ts";
import { asError, isRetriable, TandemError, TransactionError } from "../errors.ts";
import { type Lane, type LaneId, laneId } from "../lane.ts";
import type { PipelineEvent } from "../observer.ts";
import type { Transform } from "../transform.ts";
import type { StartingPoint, Transport } from "../transport.ts";
import { IdleLanes } from "./idle-lanes.ts";
import { Lanes } from "./lanes.ts";
import type { LaneRunner } from "./lane-runner.ts";
import { Mutex, Notification } from "./mutex.ts";
import type { ErrorPolicy } from "./pipeline.ts";
import { lastOfEachLane, type Prepared, progressOf } from "./prepared.ts";
import { PreparedQueue } from "./prepared-queue.ts";
import { Refusals } from "./refusals.ts";
import { Replay, type ReplayFrom } from "./replay.ts";
import type { LaneStatus, PipelineState } from "./status.ts";

export interface RuntimeOptions {
  readonly name: string;
  readonly transport: Transport;
  /** The whole chain of transforms. */
  readonly stage: Transform;
  readonly clock: Clock;
  readonly errors: ErrorPolicy;
  readonly outputTopic: (topic: string) => string;
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  readonly maxBufferedBytes: number;
  /** Null: every lane goes on where it was. */
  readonly replayFrom: ReplayFrom | null;
  readonly emit: (event: PipelineEvent) => void;
}

/** Upper bound of one transaction's records, so that a commit stays short. */
const MAX_TRANSACTION_BYTES = 32 * 1024 * 1024;
/** What a lane gets of the memory bound at least, where the bound itself is not smaller. */
const MIN_LANE_BYTES = 1024 * 1024;
const MAX_BACKOFF_MS = 5_000;

function backoff(failures: number): number {
  return failures <= 1 ? 0 : Math.min(100 * 2 ** (failures - 2), MAX_BACKOFF_MS);
}

/**
 * Drives a transport: two loops that meet in the queue of prepared units. One polls and hands batches to the lanes,
 * which process them serially; the other takes what is prepared and commits it, while the lanes go on.
 *
 * Assignment, revocation, transaction and recovery exclude each other (`#exclusive`): a lane is never given up with a
 * transaction open, and never restarted while another one commits.
 */
export class Runtime {
  readonly name: string;
  readonly transport: Transport;
  readonly stage: Transform;
  readonly clock: Clock;
  readonly errors: ErrorPolicy;
  readonly refusals: Refusals;
  readonly replay: Replay | null;
  readonly emit: (event: PipelineEvent) => void;
  readonly #options: RuntimeOptions;
  readonly #lanes: Lanes;
  readonly #exclusive = new Mutex();
  readonly #ready = new Notification();
  readonly #stop = new AbortController();
  /** Ends start-up work on lanes that are being taken away again. */
  #assignment = new AbortController();
  readonly #prepared = new PreparedQueue();
  #failure: Error | null = null;
  #aborts = 0;
  /** Lanes being revoked: transactions should end early. */
  #closing = 0;
  #connected = false;
  #committing = false;
  #ended = false;
  #onHold = false;
  readonly #stalls = new Map<LaneId, number>();
  /** Lanes of ours whose rewind was interrupted by a revocation. */
  readonly #interrupted = new Map<LaneId, Lane>();

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.name = options.name;
    this.transport = options.transport;
    this.stage = options.stage;
    this.clock = options.clock;
    this.errors = options.errors;
    this.refusals = new Refusals(options.errors);
    this.emit = options.emit;
    const { clock, emit, replayFrom: from, transport } = options;
    const fail = (error: Error): void => this.fail(error);
    this.replay = from === null ? null : new Replay({ from, transport, clock, emit, fail, signal: this.#stop.signal });
    this.#lanes = new Lanes(this);
  }

  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#halt();
    signal.addEventListener("abort", stop, { once: true });
    try {
      if (signal.aborted) stop();
      else await this.#work();
    } catch (thrown) {
      this.fail(asError(thrown));
    } finally {
      signal.removeEventListener("abort", stop);
      await this.#close();
    }
    this.#ended = true;
    this.emit({ type: "stopped", error: this.#failure });
    if (this.#failure !== null) throw this.#failure;
  }

  async #work(): Promise<void> {
    await Promise.race([this.#connect(), aborted(this.#stop.signal)]);
    const failed = (thrown: unknown): void => this.fail(asError(thrown));
    await Promise.all([this.#pollLoop().catch(failed), this.#commitLoop().catch(failed)]);
  }

  async #connect(): Promise<void> {
    await this.transport.connect({
      assigned: (lanes) => this.#assigned(lanes),
      revoked: (lanes, lost) => this.#revoked(lanes, lost),
      failed: (error) => this.fail(error),
    });
    this.#connected = true;
    this.emit({ type: "connected" });
  }

  /** Ends the pipeline with this error. The first one counts. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#halt();
  }

  #halt(): void {
    this.#stop.abort();
    this.#assignment.abort();
    this.#ready.notify();
  }

  get #stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Everything is ended, whatever of it fails. */
  async #close(): Promise<void> {
    const steps = [
      () => this.transport.close(),
      () => this.#lanes.end(this.#lanes.all.map((runner) => runner.lane)),
      () => this.stage.close?.(),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (thrown) {
        this.#failure ??= asError(thrown);
      }
    }
  }

  // ---- on hold ----

  /** Whether a lane begins nothing more for now: all are on hold, or what it has made waits for transactions already. */
  waits(runner: LaneRunner): boolean {
    return this.#onHold || runner.prepared > this.#laneBytes;
  }

  /** What was begun is finished and committed; then nothing comes out. Lanes stay ours, whatever else happens to them. */
  hold(): void {
    this.#onHold = true;
  }

  goOn(): void {
    this.#onHold = false;
    if (this.#stopping) return;
    for (const runner of this.#lanes.all) {
      runner.goOn();
      this.#resumeWhereRoom(runner);
    }
  }

  get state(): PipelineState {
    if (this.#ended) return this.#failure === null ? "STOPPED" : "FAILED";
    if (this.#stopping) return "STOPPING";
    const lanes = this.#lanes.all;
    if (!this.#connected || (lanes.length === 0 && this.#lanes.starting.length > 0)) return "STARTING";
    if (!this.#onHold) return lanes.length === 0 ? "UNASSIGNED" : "RUNNING";
    const busy = this.#committing || this.#prepared.length > 0 || lanes.some((runner) => runner.working);
    return busy ? "PAUSING" : "PAUSED";
  }

  get lanes(): readonly LaneStatus[] {
    const { starting } = this.#lanes;
    const running = this.#lanes.all.map((runner): LaneStatus => {
      const { committed, lane, nextOffset } = runner;
      const logEnd = Math.max(runner.logEnd, this.transport.logEnd?.(lane) ?? 0);
      const state = this.#onHold ? "PAUSED" : this.#stalls.has(laneId(lane)) ? "WAITING" : "RUNNING";
      return { lane, state, committed, next: nextOffset, logEnd };
    });
    const known = new Set(running.map(({ lane }) => laneId(lane)));
    const others = starting.filter((lane) => !known.has(laneId(lane)));
    return [
      ...running,
      ...others.map((lane): LaneStatus => ({ lane, state: "STARTING", committed: null, next: null, logEnd: null })),
    ];
  }

  // ---- reading ----

  async #pollLoop(): Promise<void> {
    const idle = new IdleLanes(this, this.#stop.signal);
    while (!this.#stopping) {
      idle.look(this.#lanes.all);
      const firstCommits = this.#lanes.takeFirstCommits();
      let batches: readonly Batch[] = [];
      try {
        batches = await this.transport.poll();
      } catch (thrown) {
        if (!isRetriable(thrown)) throw thrown;
        this.emit({ type: "stalled", lane: null, error: asError(thrown), retryInMs: 100 });
        await this.clock.sleep(100, this.#stop.signal);
      }
      // A lane assigned during the poll may have records in it already: its first commit goes before them.
      firstCommits.push(...this.#lanes.takeFirstCommits(batches.map((batch) => batch.lane)));
      for (const unit of firstCommits) if (!unit.runner.ended) this.prepared(unit);
      for (const batch of batches) this.#take(batch);
    }
  }

  #take(batch: Batch): void {
    const runner = this.#lanes.get(batch.lane);
    if (runner === undefined || runner.ended || batch.length === 0) return;
    this.emit({ type: "polled", batch, bytes: batchBytes(batch) });
    runner.push(batch);
    if (!runner.paused && (this.#onHold || runner.outstanding > this.#laneBytes)) {
      runner.paused = true;
      this.transport.pause([batch.lane]);
      this.emit({ type: "paused", lanes: [batch.lane] });
    }
  }

  get #laneBytes(): number {
    const { maxBufferedBytes } = this.#options;
    return Math.max(Math.min(MIN_LANE_BYTES, maxBufferedBytes), maxBufferedBytes / Math.max(1, this.#lanes.all.length));
  }

  #release(unit: Prepared): void {
    const { runner } = unit;
    runner.release(unit.weight);
    runner.goOn();
    this.#resumeWhereRoom(runner);
  }

  #resumeWhereRoom(runner: LaneRunner): void {
    if (!runner.paused || runner.ended || this.#onHold || runner.outstanding > this.#laneBytes / 2) return;
    runner.paused = false;
    this.transport.resume([runner.lane]);
    this.emit({ type: "resumed", lanes: [runner.lane] });
  }

  // ---- what lanes report ----

  prepared(unit: Prepared): void {
    this.#prepared.push(unit);
    this.#ready.notify();
  }

  forget(runners: readonly LaneRunner[]): void {
    this.#prepared.forget(runners);
  }

  /** A batch failed: with a store that is down the lane is tried again, from its last commit; anything else is final. */
  laneFailed(runner: LaneRunner, error: Error): void {
    if (!isRetriable(error)) return this.fail(error);
    const id = laneId(runner.lane);
    const stalls = (this.#stalls.get(id) ?? 0) + 1;
    this.#stalls.set(id, stalls);
    const retryInMs = Math.max(100, backoff(stalls + 1));
    this.emit({ type: "stalled", lane: runner.lane, error, retryInMs });
    void this.#retry(runner, retryInMs);
  }

  async #retry(runner: LaneRunner, delayMs: number): Promise<void> {
    await this.clock.sleep(delayMs, this.#stop.signal);
    await this.#exclusive.run(async () => {
      if (!this.#stopping && !runner.ended) await this.#rewind([runner]);
    });
  }

  // ---- membership ----

  #assigned(lanes: readonly Lane[]): Promise<readonly StartingPoint[]> {
    return this.#exclusive.run(async () => {
      if (this.#stopping || (lanes.length === 0 && this.replay === null)) return [];
      this.#assignment = new AbortController();
      const { signal } = this.#assignment;
      try {
        const owned = [...this.#lanes.all.map((runner) => runner.lane), ...lanes];
        if (this.replay !== null && !(await this.replay.admits(owned, signal))) return [];
        const started = await this.#lanes.start(lanes, false, signal);
        this.emit({ type: "assigned", lanes: started });
        return started;
      } catch (thrown) {
        if (!this.#stopping) this.fail(asError(thrown));
        return [];
      }
    });
  }

  async #revoked(lanes: readonly Lane[], lost: boolean): Promise<void> {
    for (const lane of lanes) {
      const runner = this.#lanes.get(lane);
      if (runner === undefined) continue;
      runner.closing = true;
      runner.lost = lost;
    }
    this.#closing++;
    this.#assignment.abort();
    await this.#exclusive.run(async () => {
      await this.#lanes.end(lanes);
      for (const lane of lanes) this.#interrupted.delete(laneId(lane));
      this.#closing--;
      if (this.#interrupted.size > 0) await this.#startAgain([...this.#interrupted.values()]);
    });
    this.emit({ type: "revoked", lanes, lost });
  }

  // ---- committing ----

  async #commitLoop(): Promise<void> {
    let last = Number.NEGATIVE_INFINITY;
    while (!this.#stopping) {
      await this.#ready.wait();
      const rest = last + this.#options.minIntervalMs - this.clock.now();
      if (rest > 0) await this.clock.sleep(rest, this.#stop.signal);
      last = this.clock.now();
      await this.#exclusive.run(async () => {
        this.#committing = true;
        await this.#transaction();
        this.#committing = false;
      });
      if (this.#prepared.length > 0) this.#ready.notify();
      if (this.#aborts > 1) await this.clock.sleep(backoff(this.#aborts), this.#stop.signal);
    }
  }

  async #transaction(): Promise<void> {
    if (this.#stopping || this.#prepared.length === 0) return;
    const { maxIntervalMs, outputTopic } = this.#options;
    const units: Prepared[] = [];
    const began = this.clock.now();
    try {
      await this.transport.begin();
      let bytes = 0;
      for (let unit = this.#prepared.take(units); unit !== undefined; unit = this.#prepared.take(units)) {
        units.push(unit);
        bytes += unit.weight;
        if (unit.output.length > 0) await this.transport.produce(unit.output, outputTopic);
        if (unit.aside !== null) await this.transport.produce(unit.aside, (topic) => topic);
        if (this.clock.now() - began >= maxIntervalMs || bytes >= MAX_TRANSACTION_BYTES) break;
        if (unit.endsTransaction || this.#closing > 0 || this.#stopping) break;
      }
      if (units.some((unit) => unit.runner.lost))
        throw new TransactionError("abortable", "the group has given the lane to another member");
      await this.transport.commit([...lastOfEachLane(units).values()].map(progressOf));
    } catch (thrown) {
      return this.#recover(asError(thrown), units);
    }
    this.#committed(units, began);
  }

  #committed(units: readonly Prepared[], began: number): void {
    this.#aborts = 0;
    const last = [...lastOfEachLane(units).values()];
    for (const { nextOffset, runner } of last) {
      runner.committed = nextOffset;
      this.refusals.committed(runner.lane, nextOffset);
      runner.limit = this.refusals.limit(runner.lane);
      this.#stalls.delete(laneId(runner.lane));
      this.replay?.committed(runner.lane);
    }
    for (const unit of units) this.#release(unit);
    this.emit({
      type: "committed",
      outputs: units.map((unit) => unit.output),
      inputs: units.reduce((sum, unit) => sum + unit.inputs, 0),
      lanes: last.map((unit) => ({ lane: unit.runner.lane, nextOffset: unit.nextOffset })),
      durationMs: this.clock.now() - began,
    });
  }

  /** After a transaction that did not commit: end it for certain, then begin again at what did. */
  async #recover(error: Error, units: readonly Prepared[]): Promise<void> {
    // No record to blame, and nothing to be had by trying again: a missing right, a topic with too few partitions.
    const recordAtFault = error instanceof TransactionError && error.recordAtFault;
    if (error instanceof TandemError && !error.retriable && !recordAtFault) this.fail(error);
    this.#aborts++;
    this.emit({ type: "aborted", error, lanes: [...lastOfEachLane(units).values()].map((unit) => unit.runner.lane) });
    const final = this.refusals.blame(error, units);
    if (final !== null) this.fail(final);
    // A refusal is an answer: waiting would not change it.
    if (recordAtFault) this.#aborts = 0;
    let renew: Error | null = error instanceof TransactionError && error.fate === "fatal" ? error : null;
    if (renew === null) {
      try {
        await this.transport.abort();
      } catch (thrown) {
        renew = asError(thrown);
      }
    }
    if (renew !== null) await this.#renewProducer(renew);
    if (!this.#stopping) await this.#rewind(this.#lanes.all);
  }

  async #renewProducer(cause: Error): Promise<void> {
    for (let failures = 2; !this.#stopping; failures++) {
      try {
        await this.transport.renewProducer();
        this.emit({ type: "producerRenewed", cause });
        return;
      } catch (thrown) {
        const error = asError(thrown);
        if (!isRetriable(error)) return this.fail(error);
        this.emit({ type: "stalled", lane: null, error, retryInMs: backoff(failures) });
        await this.clock.sleep(backoff(failures), this.#stop.signal);
      }
    }
  }

  /** Ends lanes and starts them again at what is committed. Lanes that are being revoked just end. */
  async #rewind(runners: readonly LaneRunner[]): Promise<void> {
    const going = runners.filter((runner) => !runner.closing).map((runner) => runner.lane);
    await this.#endToBeRead(going);
    await this.#lanes.end(runners.map((runner) => runner.lane));
    await this.#startAgain(going);
  }

  /** Ends lanes that stay ours: nobody else would lift their pauses. */
  async #endToBeRead(lanes: readonly Lane[]): Promise<void> {
    const paused = lanes.filter((lane) => this.#lanes.get(lane)?.paused === true);
    await this.#lanes.end(lanes);
    if (paused.length > 0) this.transport.resume(paused);
  }

  /** A revocation interrupts this; what stays ours is started after it. */
  async #startAgain(lanes: readonly Lane[]): Promise<void> {
    for (const lane of lanes) this.#interrupted.set(laneId(lane), lane);
    if (lanes.length === 0 || this.#closing > 0 || this.#stopping) return;
    this.#assignment = new AbortController();
    try {
      const started = await this.#lanes.start(lanes, true, this.#assignment.signal);
      this.#interrupted.clear();
      this.emit({ type: "rewound", lanes: started });
    } catch (thrown) {
      // Some of them may have started, and been paused, before a revocation came between.
      await this.#endToBeRead(lanes);
      if (!this.#stopping && this.#closing === 0) this.fail(asError(thrown));
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
