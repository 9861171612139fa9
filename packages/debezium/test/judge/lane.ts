import type { Delivery } from "../player.ts";
import type { Change, Database, Row } from "./database.ts";
import type { Family, Replica } from "./families.ts";
import type { Random } from "./random.ts";

/** What happens next on the lane. */
export type Step =
  /** A connector sends its next changes. */
  | { readonly kind: "send"; readonly connector: number; readonly count: number }
  /** It starts again from an earlier change. */
  | { readonly kind: "restart"; readonly connector: number; readonly back: number }
  /** It is given another replica and another name, from an earlier transaction on. */
  | { readonly kind: "re-point"; readonly connector: number; readonly back: number }
  /** It takes a snapshot of the rows as the transactions left them that end within so many changes, and streams from there. */
  | { readonly kind: "snapshot"; readonly connector: number; readonly at: number }
  /** The batch ends. */
  | { readonly kind: "batch"; readonly fate: "commit" | "abort" | "reopen" };

export interface LaneTraits {
  /** Connectors go on in the middle of a transaction, and not only at its beginning. */
  readonly midway?: boolean;
  /** The first connector sends a table that the second leaves out; to a topic of its own, but it counts along. */
  readonly filtered?: boolean;
  /** Connectors send no transaction block. */
  readonly unnumbered?: boolean;
}

/** A batch as it arrives, and what becomes of the deduplicator. */
export interface Episode {
  readonly deliveries: readonly Delivery[];
  readonly fate: "commit" | "abort" | "reopen";
}

/** What stands at an offset of the lane: a change of the history, a row of a snapshot, or a tombstone. */
export type Sent = Change | Row | "tombstone";

export interface PlayedLane {
  readonly episodes: readonly Episode[];
  /** By offset. */
  readonly sent: readonly Sent[];
}

/** What two connectors make of a history, when these are the steps; what they have not sent by then follows. */
export function laneOf(
  family: Family,
  database: Database,
  steps: readonly Step[],
  traits: LaneTraits,
  replicas: (name: string, next: Random) => Replica,
  next: Random,
): PlayedLane {
  const { changes } = database;
  const seen = traits.filtered === true ? changes.filter(isOnLane) : changes;
  const make = (name: string, visible: readonly Change[]): Connector =>
    new Connector({ name, family, visible, database, traits, replica: replicas(`bin${name}`, next) });
  const connectors = [make("a", changes), make("b", seen)];
  const sent: Sent[] = [];
  const episodes: Episode[] = [];
  let deliveries: Delivery[] = [];
  const end = (fate: Episode["fate"]): void => {
    if (deliveries.length > 0) episodes.push({ deliveries, fate });
    deliveries = [];
  };
  const take = (found: readonly [Delivery, Sent][]): void => {
    for (const [delivery, what] of found) {
      deliveries.push(delivery);
      sent.push(what);
    }
  };
  let names = 0;
  for (const step of steps) {
    if (step.kind === "batch") {
      end(step.fate);
      continue;
    }
    const connector = connectors[step.connector];
    if (connector === undefined) continue;
    if (step.kind === "send") take(connector.send(step.count));
    else if (step.kind === "restart") connector.restart(step.back);
    else if (step.kind === "snapshot") take(connector.snapshot(step.at));
    else {
      const other = make(`${step.connector === 0 ? "a" : "b"}${++names}`, connector.visible);
      other.beginAt(connector.at - step.back, traits.midway === true);
      connectors[step.connector] = other;
    }
  }
  for (const connector of connectors) {
    take(connector.send(Infinity));
    end("commit");
  }
  return { episodes, sent };
}

interface Setting {
  readonly name: string;
  readonly family: Family;
  /** The changes that its filter lets through. */
  readonly visible: readonly Change[];
  readonly database: Database;
  readonly traits: LaneTraits;
  readonly replica: Replica;
}

/** Sends its changes in order; after a restart it goes on from an earlier one, and may number a transaction anew. */
class Connector {
  at = 0;
  /** Where it began: it has no position before. */
  #begin = 0;
  readonly #set: Setting;
  /** It has sent all below. */
  #sent = 0;
  /** Where it has gone on from within a group: stored places only grow. */
  #resumed = 0;
  /** Where the numbering of the current transaction began. */
  #first = 0;
  /** By change: what its numbering had come to. */
  readonly #orders: number[] = [];

  constructor(setting: Setting) {
    this.#set = setting;
  }

  get visible(): readonly Change[] {
    return this.#set.visible;
  }

  send(count: number): [Delivery, Sent][] {
    const { family, name, replica, traits, visible } = this.#set;
    const made: [Delivery, Sent][] = [];
    for (let n = 0; n < count; n++) {
      const change = visible[this.at];
      if (change === undefined) break;
      if (visible[this.at - 1]?.transaction !== change.transaction) this.#first = this.at;
      const order = this.at - this.#first + 1;
      this.#orders[this.at] = order;
      if (traits.filtered === true && !isOnLane(change)) {
        this.at++;
        continue;
      }
      const { source, transaction } = replica.told(change, change.transaction === visible[this.#begin]?.transaction);
      const value = {
        ...rowImages(family, change),
        source: { ...source, ...common(family, change.table, "false") },
        transaction:
          traits.unnumbered === true
            ? null
            : { id: transaction, total_order: order, data_collection_order: this.#orderInTable(change) },
        op: change.op,
        ts_ms: PROCESSED + this.at + 7 * name.charCodeAt(0),
      };
      made.push([delivery(family, name, change.key, value, `change-${change.id}`), change]);
      if (change.op === "d") made.push([delivery(family, name, change.key, null, null), "tombstone"]);
      this.at++;
    }
    this.#sent = Math.max(this.#sent, this.at);
    return made;
  }

  #orderInTable({ table }: Change): number {
    const { visible } = this.#set;
    let order = 1;
    for (let i = this.#first; i < this.at; i++) if (visible[i]?.table === table) order++;
    return order;
  }

  restart(back: number): void {
    const { family, traits } = this.#set;
    const middle = traits.midway === true;
    this.at = this.#backTo(Math.max(this.at - back, this.#resumed), middle);
    this.#first = family.renumbers ? this.at : this.#firstCounted();
    if (!middle || !family.resumesGroups) return;
    this.#leaveGroup();
    this.#resumed = this.at;
  }

  /** Its place holds what it had counted when it sent what lies before. */
  #firstCounted(): number {
    const first = this.#firstOf(this.at);
    return first === this.at ? first : this.at - (this.#orders[this.at - 1] ?? this.at - first);
  }

  /**
   * The second connector leaves out what is left of a group that it has sent, and does not count it; the first one goes on
   * within it. What the second has not sent all of it repeats.
   */
  #leaveGroup(): void {
    const { name, visible } = this.#set;
    const group = visible[this.at]?.group;
    const isSent = visible[this.#sent - 1]?.group !== group || visible[this.#sent]?.group !== group;
    const isWithin = (): boolean => this.at > this.#begin && visible[this.at - 1]?.group === visible[this.at]?.group;
    if (!name.startsWith("b")) return;
    if (!isSent) {
      while (isWithin()) this.at--;
      this.#first = this.#firstCounted();
    } else
      for (; isWithin(); this.at++) {
        this.#first++;
        this.#orders[this.at] = this.at - this.#first + 1;
      }
  }

  /** From here on, and from the beginning of its transaction unless the middle will do. */
  beginAt(at: number, middle: boolean): void {
    this.at = this.#backTo(at, middle);
    this.#first = this.at;
    this.#begin = this.at;
  }

  snapshot(changes: number): [Delivery, Sent][] {
    const { database, family, name, replica, visible } = this.#set;
    const open = database.changes[changes]?.transaction ?? Infinity;
    const done = ({ transaction }: Change): boolean => transaction < open;
    const rows = database.rowsAfter(database.changes.filter(done).length);
    this.at = visible.filter(done).length;
    this.#first = this.at;
    this.#begin = this.at;
    return rows.map((row, i) => [
      delivery(
        family,
        name,
        row.key,
        {
          ...images(family, row.key, null, row.value),
          source: {
            ...replica.snapshot(row),
            ...common(family, row.table, i === 0 ? "first" : i === rows.length - 1 ? "last" : "true"),
          },
          transaction: null,
          op: "r",
          ts_ms: PROCESSED,
        },
        null,
      ),
      row,
    ]);
  }

  #backTo(at: number, middle: boolean): number {
    const from = Math.min(at, this.#set.visible.length);
    return Math.max(this.#begin, middle ? from : this.#firstOf(from));
  }

  #firstOf(at: number): number {
    const { visible } = this.#set;
    let first = Math.max(at, this.#begin);
    while (first > this.#begin && visible[first - 1]?.transaction === visible[first]?.transaction) first--;
    return first;
  }
}

/** Whether the change goes to the lane where the connectors' filters differ. */
export function isOnLane({ table }: Change): boolean {
  return table !== "items";
}

const PROCESSED = 1_700_000_100_000;

function common(family: Family, table: string, snapshot: string): Readonly<Record<string, unknown>> {
  const named = family.name === "mongodb" ? { collection: table } : { table };
  return { version: "3.5.0.Final", name: "cdc", snapshot, db: "shop", ...named };
}

function rowImages(family: Family, { after, before, key }: Change): Readonly<Record<string, unknown>> {
  return images(family, key, before, after);
}

function images(
  family: Family,
  key: number | null,
  before: string | null,
  after: string | null,
): Readonly<Record<string, unknown>> {
  const row = (status: string | null) => (status === null ? null : { id: key, status });
  if (family.name !== "mongodb") return { before: row(before), after: row(after) };
  const updated = before !== null && after !== null;
  return {
    before: null,
    after: after === null || updated ? null : JSON.stringify({ _id: key, status: after }),
    updateDescription: updated
      ? { removedFields: null, updatedFields: JSON.stringify({ status: after }), truncatedArrays: null }
      : null,
  };
}

function delivery(family: Family, name: string, key: number | null, value: unknown, id: string | null): Delivery {
  const header = { key: "connector", value: Buffer.from(name) };
  return {
    key: key === null ? null : Buffer.from(JSON.stringify({ id: family.name === "mongodb" ? String(key) : key })),
    value: value === null ? null : Buffer.from(JSON.stringify(value)),
    headers: id === null ? [header] : [header, { key: "event-id", value: Buffer.from(id) }],
  };
}
