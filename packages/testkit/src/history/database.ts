import type { Random } from "../random.ts";

export type Operation = "c" | "u" | "d";

/** One row change of the invented database, before any connector has seen it. */
export interface Change {
  /** Its number in the history: what the auditor goes by. Both sources send it beside the event, no identity uses it. */
  readonly id: number;
  readonly table: string;
  /** JSON; null for a table without a key. */
  readonly key: string | null;
  readonly op: Operation;
  /** JSON rows; null where there is none. */
  readonly before: string | null;
  readonly after: string | null;
  /** GTID sequence. */
  readonly sequence: number;
  /** Statement within the transaction, and row within the statement. A primary-key change is two changes of one row. */
  readonly statement: number;
  readonly row: number;
}

/** A table with a key, and one without. */
export const KEYED = "orders";
export const KEYLESS = "notes";

type Draft = Omit<Change, "id" | "sequence" | "statement">;

/** A small database that invents transactions: all that makes change events hard to identify, often. */
export class Database {
  readonly changes: Change[] = [];
  readonly #random: Random;
  readonly #rows = new Map<number, string>();
  readonly #notes: string[] = [];
  #sequence = 0;
  #versions = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The changes of a whole history. */
  static history(random: Random, transactions: number): readonly Change[] {
    const database = new Database(random);
    for (let i = 0; i < transactions; i++) database.transaction();
    return database.changes;
  }

  transaction(): void {
    this.#sequence += this.#random.chance(0.9) ? 1 : 2;
    const rounds = this.#random.chance(0.15) ? 6 : 1 + this.#random.below(3);
    let statement = 0;
    for (let round = 0; round < rounds; round++)
      for (const drafts of this.#statements()) {
        for (const draft of drafts)
          this.changes.push({ ...draft, id: this.changes.length, sequence: this.#sequence, statement });
        statement++;
      }
  }

  /** One statement, or some that belong together. */
  #statements(): Draft[][] {
    const random = this.#random;
    if (random.chance(0.2)) return [this.#note()];
    const id = random.below(6);
    if (!this.#rows.has(id)) return [[this.#insert(id)]];
    if (random.chance(0.12)) return this.#flipFlop(id);
    if (random.chance(0.12)) return [this.#move(id, 10 + random.below(6))];
    if (random.chance(0.25)) return [[this.#remove(id)]];
    if (random.chance(0.3)) return [[...this.#rows.keys()].map((each, row) => this.#update(each, row, this.#fresh()))];
    return [[this.#update(id, 0, this.#fresh())]];
  }

  /** S1 -> S2 -> S1 -> S2 on one row: the first and the last step are equal, and neither may be missing. */
  #flipFlop(id: number): Draft[][] {
    const first = this.#rows.get(id) ?? "";
    const second = this.#fresh();
    return [second, first, second].map((state) => [this.#update(id, 0, state)]);
  }

  /** A primary-key change: a delete and a create at one position. */
  #move(id: number, to: number): Draft[] {
    if (this.#rows.has(to)) return [this.#update(id, 0, this.#fresh())];
    const state = this.#rows.get(id) ?? "";
    const gone = this.#remove(id);
    this.#rows.set(to, state);
    return [gone, { table: KEYED, key: keyOf(to), op: "c", before: null, after: rowOf(to, state), row: 0 }];
  }

  /** Equal rows of a table without a key. */
  #note(): Draft[] {
    const draft = (op: Operation, text: string, row: number): Draft => {
      const json = `{"text":"${text}"}`;
      return { table: KEYLESS, key: null, op, before: op === "d" ? json : null, after: op === "d" ? null : json, row };
    };
    const last = this.#notes.at(-1);
    if (last !== undefined && this.#random.chance(0.3)) {
      this.#notes.pop();
      return [draft("d", last, 0)];
    }
    const text = this.#random.pick(["seen", "paid"]);
    const copies = 1 + this.#random.below(3);
    return Array.from({ length: copies }, (_, row) => {
      this.#notes.push(text);
      return draft("c", text, row);
    });
  }

  #insert(id: number): Draft {
    const state = this.#fresh();
    this.#rows.set(id, state);
    return { table: KEYED, key: keyOf(id), op: "c", before: null, after: rowOf(id, state), row: 0 };
  }

  #update(id: number, row: number, state: string): Draft {
    const before = this.#rows.get(id) ?? "";
    this.#rows.set(id, state);
    return { table: KEYED, key: keyOf(id), op: "u", before: rowOf(id, before), after: rowOf(id, state), row };
  }

  #remove(id: number): Draft {
    const before = this.#rows.get(id) ?? "";
    this.#rows.delete(id);
    return { table: KEYED, key: keyOf(id), op: "d", before: rowOf(id, before), after: null, row: 0 };
  }

  #fresh(): string {
    return this.#random.chance(0.3) ? "new" : `v${++this.#versions}`;
  }
}

function keyOf(id: number): string {
  return `{"id":${id}}`;
}

function rowOf(id: number, state: string): string {
  return `{"id":${id},"state":"${state}"}`;
}
