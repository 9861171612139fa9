import type { RowChange } from "./row-change.ts";

/** What a source did in the input, and what it did to one transaction. */
export interface SourceRecord {
  /** Streamed records, and those of them that the source had sent before. */
  readonly sent: number;
  readonly redelivered: number;
  /** First deliveries under another `total_order` than on the connector that was never disturbed. */
  readonly renumbered: number;
}

/**
 * The recorded input of several connectors, read with knowledge that no pipeline has: each change is known by its
 * place in its transaction and lane, counted by the source's binlog positions, whatever `total_order` says.
 */
export class Recording {
  readonly #changes: readonly RowChange[];
  /** Per change: `<lane> <gtid> <n>`, the n-th of its transaction; "" where it has none, and "" again for snapshots. */
  readonly #ids: readonly string[];
  readonly #repeated: readonly boolean[];
  /** The numbering of a connector that was never disturbed. */
  readonly #orders: ReadonlyMap<string, number>;

  constructor(changes: readonly RowChange[], undisturbed: readonly RowChange[]) {
    this.#changes = changes;
    const read = placed(changes);
    this.#ids = read.ids;
    this.#repeated = read.repeated;
    const { ids } = placed(undisturbed);
    this.#orders = new Map(undisturbed.map(({ totalOrder }, i) => [ids[i] ?? "", totalOrder]));
  }

  /** Of one source, in one transaction or in all. */
  of(source: string, gtid?: string): SourceRecord {
    let [sent, redelivered, renumbered] = [0, 0, 0];
    for (const [i, change] of this.#changes.entries()) {
      if (change.source !== source || change.kind !== "streamed" || (gtid ?? change.gtid) !== change.gtid) continue;
      sent++;
      if (this.#repeated[i]) redelivered++;
      else if (this.#orders.get(this.#ids[i] ?? "") !== change.totalOrder) renumbered++;
    }
    return { sent, redelivered, renumbered };
  }

  /** Streamed changes that "the first with the key wins" would never have emitted, had the key been this. */
  lostBy(key: (change: RowChange) => string): number {
    const keys = new Set<string>();
    const emitted = new Set<string>();
    const all = new Set<string>();
    for (const [i, change] of this.#changes.entries()) {
      if (change.kind !== "streamed") continue;
      const id = this.#ids[i] ?? "";
      all.add(id);
      const own = `${change.lane} ${key(change)}`;
      if (keys.has(own)) continue;
      keys.add(own);
      emitted.add(id);
    }
    return all.size - emitted.size;
  }
}

/** Which change of its transaction each record is: a source sends them in order, and again those it has sent before. */
function placed(changes: readonly RowChange[]): { readonly ids: string[]; readonly repeated: boolean[] } {
  const known = new Map<string, string>();
  const counts = new Map<string, number>();
  const repeated: boolean[] = [];
  const ids = changes.map(({ gtid, kind, lane, position, source }) => {
    const place = `${source} ${lane} ${gtid} ${position}`;
    const before = kind === "streamed" ? known.get(place) : "";
    repeated.push(before !== undefined);
    if (before !== undefined) return before;
    const counter = `${source} ${lane} ${gtid}`;
    const n = counts.get(counter) ?? 0;
    counts.set(counter, n + 1);
    const id = `${lane} ${gtid} ${n}`;
    known.set(place, id);
    return id;
  });
  return { ids, repeated };
}
