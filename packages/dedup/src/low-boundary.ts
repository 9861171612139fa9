import { isJsonObject, type JsonObject, type JsonValue } from "@tandem-cdc/core";
import type { Identification } from "./identification.ts";

/** Steps of a horizon by which the boundary moves. */
const STEPS = 16;
/**
 * Steps are kept as long as claims are (a quarter longer than the horizon), and one horizon before that: for replays. And
 * two more: one in the middle of which a replay begins, and one in the middle of which its horizon does.
 */
const KEPT = 2.25 + 2 / STEPS;
/** Orders that a lane remembers: far more than a lane has. Of what lies in another one nothing is ever late. */
const MOST_ORDERS = 64;

/** By what the changes of a domain are ordered: their positions or, where they have none, the database's clock. */
type By = "position" | "time";

/** Why a change is late. */
export interface Late {
  readonly by: By;
  readonly domain: string;
  /** Where the change lies. */
  readonly place: number;
  /** Where it would have to lie. */
  readonly boundary: number;
  readonly why: "before-first-emitted" | "older-than-horizon";
}

/** The changes that one domain has in order. */
interface Order {
  readonly index: number;
  readonly by: By;
  readonly domain: string;
  /** The first change that the lane emitted, and its coordinate. */
  first: number;
  firstAt: number;
  /** The newest place that was emitted, so far and up to one horizon before the current step. */
  newest: number;
  aged: number;
}

/** A stretch of the lane. */
interface Step {
  /** Wall time and coordinate of its beginning. */
  readonly wall: number;
  readonly from: number;
  /** By order: the newest place that was emitted in it. */
  readonly newest: number[];
  json: JsonValue | null;
}

/**
 * The place at or below which a change is late that has no live claim. For each order it is the larger of the first place
 * that the lane emitted, and the newest that it had emitted one horizon of wall time ago, since when claims may be gone.
 *
 * **Rather too low than too high.** Too high, it takes a true change out of the stream. Too low, it would let an old one
 * pass, but that one still has its claim: the boundary moves by sixteenths of a horizon, so it is low by less than an
 * eighth, and claims are kept for a quarter longer than the horizon. For the same reason
 * - a place equal to the first is not late, nor one equal to the newest of all: the rest of a transaction shares its position,
 *   and a connector may have stood still for a horizon in the middle of it;
 * - equal times are not late: the database's clock counts seconds. Times that lie ahead are taken for now.
 *
 * **A function of the coordinate.** What is in force at a record depends on the steps before it, and they are in the lane's
 * state. Hence a deliberate replay judges every record as it was judged the first time, at whatever hour.
 */
export class LowBoundary {
  readonly #horizonMs: number;
  readonly #orders: Order[] = [];
  readonly #byPosition = new Map<string, Order>();
  readonly #byTime = new Map<string, Order>();
  #last: Order | undefined;
  readonly #steps: Step[] = [];
  /** The step that the lane is in; -1 before the first. */
  #current = -1;
  /** What lies below this coordinate was judged before, by the steps that there are. */
  #settled = 0;
  #now = 0;

  private constructor(horizonMs: number) {
    this.#horizonMs = horizonMs;
  }

  /** As a lane's state has it. Without a horizon only the first place is a boundary. */
  static of(json: JsonValue | undefined, horizonMs: number | undefined, startOffset: number): LowBoundary {
    const made = new LowBoundary(horizonMs ?? Infinity);
    if (!isJsonObject(json)) return made;
    for (const order of array(json["orders"])) {
      const [time, domain, first, firstAt] = order as [number, string, number, number];
      made.#addOrder(time === 1 ? "time" : "position", domain, first, firstAt);
    }
    for (const step of array(json["steps"])) {
      const [wall = 0, from = 0, ...places] = step as number[];
      const newest: number[] = [];
      for (let p = 0; p < places.length; p += 2) newest[places[p] ?? 0] = places[p + 1] ?? -Infinity;
      made.#steps.push({ wall, from, newest, json: step });
    }
    made.#settled = Number(json["settled"] ?? 0);
    made.#begin(startOffset);
    return made;
  }

  /** The records that follow are judged at this time. */
  set now(now: number) {
    this.#now = now;
  }

  /** Why a streamed change that has just won its key is late; undefined where it is not, or where nothing tells. */
  late(coordinate: number, domain: string, position: number, timeMs: number): Late | undefined {
    this.#enter(coordinate);
    const by = orderedBy(position, timeMs);
    const order = by === null ? undefined : this.#order(by, domain);
    if (order === undefined) return undefined;
    const place = this.#place(order.by, position, timeMs);
    const found = { by: order.by, domain, place };
    if (place < order.first && coordinate > order.firstAt)
      return { ...found, boundary: order.first, why: "before-first-emitted" };
    const isOld = place < order.aged || (place === order.aged && order.by === "position" && order.newest > place);
    return isOld ? { ...found, boundary: order.aged, why: "older-than-horizon" } : undefined;
  }

  /** The lane emits a streamed change. */
  emitted(coordinate: number, domain: string, position: number, timeMs: number): void {
    this.#enter(coordinate);
    const by = orderedBy(position, timeMs);
    if (by === null) return;
    const place = this.#place(by, position, timeMs);
    const order = this.#order(by, domain) ?? this.#addOrder(by, domain, place, coordinate);
    if (order === undefined) return;
    if (coordinate < order.firstAt) [order.first, order.firstAt] = [place, coordinate];
    if (place > order.newest) order.newest = place;
    const step = this.#steps[this.#current];
    if (step === undefined || place <= (step.newest[order.index] ?? -Infinity)) return;
    step.newest[order.index] = place;
    step.json = null;
  }

  /** These records lie below the lane's start: each of their streamed changes, or another copy of it, was emitted. */
  passed({ domain, from, position, streamed, timeMs, to }: Identification): void {
    for (let i = from; i < to; i++) {
      const [at, time] = [position[i] ?? Number.NaN, timeMs[i] ?? Number.NaN];
      const by = streamed[i] === 1 ? orderedBy(at, time) : null;
      const order = by === null ? undefined : this.#order(by, domain[i] ?? "");
      if (order !== undefined) order.newest = Math.max(order.newest, this.#place(order.by, at, time));
    }
  }

  /** Everything below this coordinate has been judged. */
  settle(coordinate: number): void {
    this.#settled = Math.max(this.#settled, coordinate);
  }

  state(): JsonObject {
    if (this.#orders.length === 0) return {};
    const orders = this.#orders.map(({ by, domain, first, firstAt }) => [
      by === "time" ? 1 : 0,
      domain,
      first,
      firstAt,
    ]);
    const steps = this.#steps.map((step) => (step.json ??= jsonOf(step)));
    return { late: { orders, ...(steps.length === 0 ? {} : { steps, settled: this.#settled }) } };
  }

  #order(by: By, domain: string): Order | undefined {
    // Neighbours share it.
    if (this.#last?.domain === domain && this.#last.by === by) return this.#last;
    return (this.#last = (by === "time" ? this.#byTime : this.#byPosition).get(domain));
  }

  #addOrder(by: By, domain: string, first: number, firstAt: number): Order | undefined {
    const index = this.#orders.length;
    if (index >= MOST_ORDERS) return undefined;
    const order: Order = { index, by, domain, first, firstAt, newest: -Infinity, aged: -Infinity };
    this.#orders.push(order);
    (by === "time" ? this.#byTime : this.#byPosition).set(domain, order);
    return order;
  }

  #place(by: By, position: number, timeMs: number): number {
    if (by === "position") return position;
    // Where the lane has been before, now is no later than it was then.
    return Math.min(timeMs, this.#steps[this.#current + 1]?.wall ?? this.#now);
  }

  /** Goes to the step that the lane starts in, and to what had been emitted there. */
  #begin(startOffset: number): void {
    while ((this.#steps[this.#current + 1]?.from ?? Infinity) < startOffset) this.#current++;
    this.#recall();
    // Below what was judged before, only what lies before the step is certain; `passed` tells the rest.
    if (startOffset >= this.#settled) this.#add(this.#steps[this.#current]);
  }

  /** Goes on to the step of this coordinate; makes it where the lane has not been before. */
  #enter(coordinate: number): void {
    const before = this.#steps[this.#current];
    while ((this.#steps[this.#current + 1]?.from ?? Infinity) <= coordinate) this.#current++;
    if (coordinate >= this.#settled && this.#now >= this.#stepEnd(this.#steps[this.#current])) {
      this.#steps.push({ wall: this.#now, from: coordinate, newest: [], json: null });
      this.#current++;
      this.#forget();
    }
    if (this.#steps[this.#current] !== before) this.#recall();
  }

  #stepEnd(step: Step | undefined): number {
    // Without a horizon there are no steps.
    return this.#horizonMs === Infinity
      ? Infinity
      : step === undefined
        ? -Infinity
        : step.wall + this.#horizonMs / STEPS;
  }

  /** What the steps before the current one say. */
  #recall(): void {
    const cutoff = (this.#steps[this.#current]?.wall ?? -Infinity) - this.#horizonMs;
    for (const step of this.#steps.slice(0, Math.max(0, this.#current))) {
      this.#add(step);
      if (this.#stepEnd(step) > cutoff) continue;
      for (const order of this.#orders) order.aged = Math.max(order.aged, step.newest[order.index] ?? -Infinity);
    }
  }

  #add(step: Step | undefined): void {
    for (const order of this.#orders) order.newest = Math.max(order.newest, step?.newest[order.index] ?? -Infinity);
  }

  /** Steps that nothing asks for any more become one. */
  #forget(): void {
    for (;;) {
      const [oldest, next] = this.#steps;
      if (oldest === undefined || next === undefined || next.wall > this.#now - KEPT * this.#horizonMs) return;
      oldest.newest.forEach((place, index) => (next.newest[index] = Math.max(place, next.newest[index] ?? -Infinity)));
      next.json = null;
      this.#steps.shift();
      this.#current--;
    }
  }
}

function orderedBy(position: number, timeMs: number): By | null {
  if (Number.isFinite(position)) return "position";
  return Number.isFinite(timeMs) ? "time" : null;
}

function jsonOf({ from, newest, wall }: Step): JsonValue {
  return [wall, from, ...newest.flatMap((place, index) => [index, place])];
}

function array(json: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(json) ? json : [];
}
