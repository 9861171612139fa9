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
  next: number;
}

type Trouble = "rebalance" | "lost" | "fenced";

/** The process as a member of its group: joins, beats, and gives its lanes up before it joins again. */
export class Membership {
  readonly #options: SimulatedTransportOptions;
  readonly #listener: AssignmentListener;
  readonly #topics: readonly string[];
  readonly #positions = new Map<LaneId, Position>();
  readonly #paused = new Set<LaneId>();
  #member: string | null = null;
  #generation = -1;
  #closing = false;
  #settled: Promise<void> = Promise.resolve();

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
    return [...this.#positions.values()].filter(({ lane }) => !this.#paused.has(laneId(lane)));
  }

  position(lane: Lane): Position | undefined {
    return this.#positions.get(laneId(lane));
  }

  pause(lanes: readonly Lane[]): void {
    for (const lane of lanes) this.#paused.add(laneId(lane));
  }

  resume(lanes: readonly Lane[]): void {
    for (const lane of lanes) this.#paused.delete(laneId(lane));
  }

  seek(lane: Lane, next: number): void {
    if (this.#positions.has(laneId(lane))) this.#positions.set(laneId(lane), { lane, next });
  }

  /** Goes on until `close`. */
  async run(): Promise<void> {
    try {
      while (!this.#closing) {
        const assignment = await this.#join();
        if (assignment === null) return;
        const disturbed = this.#beat();
        this.#settled = this.#assign(assignment);
        await this.#settled;
        const trouble = await disturbed;
        if (this.#closing) return;
        this.#settled = this.#giveUp(trouble === "lost");
        await this.#settled;
        if (trouble === "fenced") throw fenced("its place in the group was taken");
      }
    } catch (thrown) {
      if (!this.#closing) this.#listener.failed(asError(thrown));
    }
  }

  /** A static member does not leave: its place is kept for the session. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#settled;
    const lanes = [...this.#positions.values()].map(({ lane }) => lane);
    this.#positions.clear();
    if (lanes.length > 0) await this.#listener.revoked(lanes, false);
  }

  async #join(): Promise<Assignment | null> {
    const { instance, kafka, name, process } = this.#options;
    const group = kafka.group(name);
    let joined = false;
    while (!this.#closing) {
      try {
        if (!joined) this.#member = await process.call(() => group.join(instance, this.#topics, this.#member));
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
      }
    }
    return null;
  }

  async #assign({ lanes }: Assignment): Promise<void> {
    const starts = await this.#listener.assigned(lanes);
    if (this.#closing) return;
    for (const { lane, offset } of starts) this.#positions.set(laneId(lane), { lane, next: offset });
    // As in packages/kafka: librdkafka keeps a pause over revocation and assignment, and so does `#paused` here.
    this.resume(starts.map(({ lane }) => lane));
  }

  async #giveUp(lost: boolean): Promise<void> {
    const lanes = [...this.#positions.values()].map(({ lane }) => lane);
    // Clients do not always know that a lane is lost already.
    if (lanes.length > 0) await this.#listener.revoked(lanes, lost && this.#options.process.random.chance(0.5));
    this.#positions.clear();
  }

  /** Beats until something is wrong with this generation. */
  async #beat(): Promise<Trouble> {
    const { kafka, name, process } = this.#options;
    const group = kafka.group(name);
    const shown = this.shown;
    while (!this.#closing) {
      await process.clock.sleep(HEARTBEAT_MS * process.random.between(0.8, 1));
      if (this.#closing) break;
      try {
        if (!(await process.call(() => group.heartbeat(shown)))) return "rebalance";
      } catch (thrown) {
        if (isBroker(thrown, "FENCED_INSTANCE_ID")) return "fenced";
        if (isBroker(thrown, "UNKNOWN_MEMBER_ID")) this.#member = null;
        return "lost";
      }
    }
    return "rebalance";
  }
}
