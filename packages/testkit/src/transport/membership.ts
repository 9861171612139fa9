import { type AssignmentListener, asError, type Lane, type LaneId, laneId } from "@tandem-cdc/core";
import { BrokerError } from "../kafka/broker-error.ts";
import type { Assignment, Membership as Shown } from "../kafka/group.ts";
import { fenced, isBroker } from "./errors.ts";
import type { SimulatedTransportOptions } from "./simulated-transport.ts";

const HEARTBEAT_MS = 2_000;
const JOIN_POLL_MS = 100;

/** Where an assigned lane is read. A new one for each assignment and each seek: what was fetched for an older is dropped. */
export interface Position {
  readonly lane: Lane;
  readonly id: LaneId;
  next: number;
}

type Trouble = "rebalance" | "lost" | "fenced";

/** The process as a member of its group: joins, beats, and gives its lanes up before it joins again. */
export class Membership {
  readonly #options: SimulatedTransportOptions;
  readonly #listener: AssignmentListener;
  readonly #topics: readonly string[];
  readonly #positions = new Map<LaneId, Position>();
  readonly #owned = new Map<LaneId, Lane>();
  readonly #paused = new Set<LaneId>();
  #member: string | null = null;
  #generation = -1;
  #closing = false;
  #settled: Promise<unknown> = Promise.resolve();

  constructor(options: SimulatedTransportOptions, topics: readonly string[], listener: AssignmentListener) {
    this.#options = options;
    this.#topics = topics;
    this.#listener = listener;
  }

  /** What a commit shows to the group. */
  get shown(): Shown {
    return { instance: this.#options.instance, member: this.#member ?? "none", generation: this.#generation };
  }

  /** Positions that are to be read: assigned and not paused. */
  get reading(): readonly Position[] {
    return [...this.#positions.values()].filter(({ id }) => !this.#paused.has(id));
  }

  /** Whether this is where its lane is read still. */
  holds(position: Position): boolean {
    return this.#positions.get(position.id) === position;
  }

  position(lane: Lane): Position | undefined {
    return this.#positions.get(laneId(lane));
  }

  pause(lanes: readonly Lane[]): void {
    for (const lane of lanes) {
      if (!this.#paused.has(laneId(lane))) this.#options.process.began("paused");
      this.#paused.add(laneId(lane));
    }
  }

  resume(lanes: readonly Lane[]): void {
    for (const lane of lanes) if (this.#paused.delete(laneId(lane))) this.#options.process.ended("paused");
  }

  seek(lane: Lane, next: number): void {
    const id = laneId(lane);
    if (this.#positions.has(id)) this.#positions.set(id, { lane, id, next });
  }

  /** Goes on until `close`. */
  async run(): Promise<void> {
    const { process } = this.#options;
    try {
      while (!this.#closing) {
        const assignment = await process.during("joining", () => this.#join());
        if (assignment === null) return;
        const disturbed = this.#beat();
        const reconciled = this.#reconcile(assignment);
        this.#settled = reconciled;
        const gaveUp = await reconciled;
        // Cooperative: what was given up goes to its next owner in another rebalance.
        const trouble = gaveUp ? "rebalance" : await disturbed;
        if (this.#closing) return;
        if (trouble !== "rebalance" || !this.#cooperative) {
          this.#settled = this.#giveUp([...this.#lanes], trouble === "lost");
          await this.#settled;
        }
        if (trouble === "fenced") throw fenced("its place in the group was taken");
      }
    } catch (thrown) {
      if (!this.#closing) this.#listener.failed(asError(thrown));
    }
  }

  get #cooperative(): boolean {
    return this.#options.kafka.group(this.#options.name).protocol === "cooperative";
  }

  /** Lanes that were assigned and not given up; the runtime may have declined to start on some. */
  get #lanes(): readonly Lane[] {
    return [...this.#owned.values()];
  }

  /** A static member does not leave: its place is kept for the session. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#settled;
    const lanes = [...this.#lanes];
    this.#positions.clear();
    this.#owned.clear();
    if (lanes.length > 0) await this.#listener.revoked(lanes, false);
  }

  async #join(): Promise<Assignment | null> {
    const { instance, kafka, name, process } = this.#options;
    const group = kafka.group(name);
    let joined = false;
    while (!this.#closing) {
      try {
        if (!joined)
          this.#member = await process.call(() => group.join(instance, this.#topics, this.#member, this.#lanes));
        joined = true;
        const member = this.#member ?? "";
        const answer = await process.call(() => group.assignment(instance, member));
        if (typeof answer === "object") {
          this.#generation = answer.generation;
          return answer;
        }
        if (answer === "rejoin") joined = false;
        else await process.clock.sleep(JOIN_POLL_MS);
      } catch (thrown) {
        if (isBroker(thrown, "FENCED_INSTANCE_ID")) throw fenced("its place in the group was taken");
        if (!(thrown instanceof BrokerError)) throw thrown;
        this.#member = null;
        joined = false;
        // Cooperative: it came to the rebalance with lanes, and they are another's now.
        this.#settled = this.#giveUp([...this.#lanes], true);
        await this.#settled;
      }
    }
    return null;
  }

  /** Gives up what the group wants back, then takes what is new. True: something was given up. */
  async #reconcile({ lanes }: Assignment): Promise<boolean> {
    const { process } = this.#options;
    const ids = new Set(lanes.map(laneId));
    const gone = this.#lanes.filter((lane) => !ids.has(laneId(lane)));
    // Also those that the runtime declined to start on before.
    const fresh = lanes.filter((lane) => !this.#positions.has(laneId(lane)));
    await this.#giveUp(gone, false);
    if (this.#closing || (fresh.length === 0 && this.#owned.size > 0)) return gone.length > 0;
    for (const lane of fresh) this.#owned.set(laneId(lane), lane);
    const starts = await process.during("starting", () => this.#listener.assigned(fresh));
    if (this.#closing) return false;
    for (const { lane, offset } of starts) {
      const id = laneId(lane);
      this.#positions.set(id, { lane, id, next: offset });
    }
    // As in packages/kafka: librdkafka keeps a pause over revocation and assignment, and so does `#paused` here.
    this.resume(starts.map(({ lane }) => lane));
    return gone.length > 0;
  }

  async #giveUp(lanes: readonly Lane[], lost: boolean): Promise<void> {
    if (lanes.length === 0) return;
    const { process } = this.#options;
    // Clients do not always know that a lane is lost already.
    await process.during("giving up", () => this.#listener.revoked(lanes, lost && process.random.chance(0.5)));
    for (const lane of lanes) {
      this.#positions.delete(laneId(lane));
      this.#owned.delete(laneId(lane));
    }
  }

  /** Beats until something is wrong with this generation. */
  async #beat(): Promise<Trouble> {
    const { heartbeatMs = HEARTBEAT_MS, kafka, name, process } = this.#options;
    const group = kafka.group(name);
    const shown = this.shown;
    while (!this.#closing) {
      await process.clock.sleep(heartbeatMs * process.random.between(0.8, 1));
      if (this.#closing) break;
      try {
        if (!(await process.call(() => group.heartbeat(shown)))) return "rebalance";
      } catch (thrown) {
        if (isBroker(thrown, "FENCED_INSTANCE_ID")) return "fenced";
        // An answer that was long under way may be about a place that it has left for another of its own.
        if (isBroker(thrown, "UNKNOWN_MEMBER_ID") && this.#member === shown.member) this.#member = null;
        return "lost";
      }
    }
    return "rebalance";
  }
}
