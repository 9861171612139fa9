import { sent, type Told } from "./events.ts";
import type { Delivery } from "./player.ts";

/** Reproducible random numbers in [0, 1): mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = () => number;
const below = (next: Random, limit: number): number => Math.floor(next() * limit);

/** A change of the primary: what both sources tell of it. `id` is its place in the history. */
export interface Change {
  readonly id: number;
  readonly transaction: number;
  readonly told: Told;
}

/** What a transaction is made of. */
type Statement = readonly Told[];

function statement(next: Random): Statement {
  const key = below(next, 3);
  switch (below(next, 6)) {
    case 0: // S1-S2-S1-S2 on one row
      return ["S1>S2", "S2>S1", "S1>S2", "S2>S1"].map((step) => ({
        op: "u",
        key,
        before: step.slice(0, 2),
        after: step.slice(3),
      }));
    case 1: // equal rows of a table without a key
      return Array.from({ length: 2 + below(next, 2) }, () => ({ op: "c", key: null, table: "log", after: "same" }));
    case 2: // a primary-key change: both at one place
      return [
        { op: "d", key, before: "S1" },
        { op: "c", key: key + 10, after: "S1" },
      ];
    case 3: // there and away again
      return [
        { op: "c", key: 900, after: "tmp" },
        { op: "d", key: 900, before: "tmp" },
      ];
    default:
      return [{ op: "u", key, before: `v${below(next, 1_000)}`, after: `v${below(next, 1_000)}` }];
  }
}

/** A history: transactions of one to four statements; GTID sequences sometimes out of order, in one domain of two. */
export function history(seed: number, transactions: number): Change[] {
  const next = random(seed);
  const changes: Change[] = [];
  const sequences = Array.from({ length: transactions }, (_, i) => i + 1);
  for (let i = 1; i + 1 < transactions; i++)
    if (next() < 0.1) [sequences[i], sequences[i + 1]] = [sequences[i + 1] ?? 0, sequences[i] ?? 0];
  sequences.forEach((sequence, transaction) => {
    // Both domains begin at the beginning: the sources' first transactions are seen whole.
    const domain = next() < 0.2 && transaction > 0 ? 1 : 0;
    for (let s = 1 + below(next, 4); s > 0; s--)
      for (const told of statement(next))
        changes.push({ id: changes.length, transaction, told: { ...told, sequence, domain } });
  });
  return changes;
}

type Place = Pick<Told, "file" | "pos" | "row">;

/** Where each change lies in the binlog of one replica: how rows are packed into events differs. */
function layout(changes: readonly Change[], next: Random): Place[] {
  const places: Place[] = [];
  let file = 1;
  let pos = 4;
  let row = 0;
  changes.forEach(({ told, transaction }, i) => {
    const last = changes[i - 1];
    const begins = last?.transaction !== transaction;
    const samePlace = !begins && last?.told.op === "d" && told.op === "c" && told.key !== null;
    if (begins && next() < 0.1) [file, pos] = [file + 1, 4];
    if (samePlace) {
      places.push({ file, pos, row });
      return;
    }
    if (begins || next() < 0.4) [pos, row] = [pos + 30 + below(next, 300), 0];
    else row++;
    places.push({ file, pos, row });
  });
  return places;
}

/** One connector: sends the changes in order, and after a restart goes on from an earlier one, numbered anew. */
class Sender {
  at = 0;
  readonly #name: string;
  readonly #changes: readonly Change[];
  readonly #places: readonly Place[];
  /** Number of the change that counts as the transaction's first. */
  #first = 0;

  constructor(name: string, changes: readonly Change[], next: Random) {
    this.#name = name;
    this.#changes = changes;
    this.#places = layout(changes, next);
  }

  send(): { readonly delivery: Delivery; readonly id: number } | null {
    const change = this.#changes[this.at];
    if (change === undefined) return null;
    if (this.#changes[this.at - 1]?.transaction !== change.transaction) this.#first = this.at;
    const told = { ...change.told, ...this.#places[this.at], order: this.at - this.#first + 1 };
    this.at++;
    return { delivery: sent(this.#name, told), id: change.id };
  }

  restart(back: number): void {
    this.at = Math.max(0, this.at - back);
    this.#first = this.at;
  }
}

/** What happens on the lane: batches of deliveries, and what becomes of the deduplicator afterwards. */
export interface Episode {
  readonly deliveries: readonly Delivery[];
  readonly fate: "commit" | "abort" | "restart";
}

/** What two sources make of a history. `ids[offset]` is the change behind the record at that offset. */
export function episodes(
  changes: readonly Change[],
  seed: number,
): { readonly episodes: Episode[]; readonly ids: number[] } {
  const next = random(seed ^ 0x5bd1e995);
  const senders = [new Sender("a", changes, next), new Sender("b", changes, next)];
  const ids: number[] = [];
  const made: Episode[] = [];
  while (senders.some(({ at }) => at < changes.length)) {
    const deliveries: Delivery[] = [];
    for (let run = 1 + below(next, 3); run > 0; run--) {
      const sender = senders[below(next, 2)];
      for (let count = 1 + below(next, 8); count > 0; count--) {
        const sent = sender?.send() ?? null;
        if (sent === null) break;
        deliveries.push(sent.delivery);
        ids.push(sent.id);
      }
      if (next() < 0.15) sender?.restart(below(next, 12));
    }
    const luck = next();
    if (deliveries.length > 0)
      made.push({ deliveries, fate: luck < 0.15 ? "abort" : luck < 0.3 ? "restart" : "commit" });
  }
  return { episodes: made, ids };
}
