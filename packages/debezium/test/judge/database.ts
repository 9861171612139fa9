/** What a transaction is made of. `row` chooses among the rows that there are. */
export interface Statement {
  readonly kind: StatementKind;
  readonly row: number;
}

export type StatementKind =
  /** A row goes from one of two values to the other, or comes to be. */
  | "write"
  | "delete"
  /** S1, S2, S1, S2: the same two changes of one row, twice. */
  | "repeats"
  /** Equal rows of a table without a key. */
  | "equal-rows"
  /** One row gets another primary key: a delete and a create. */
  | "new-key"
  /** Several rows at once, each with a key. */
  | "bulk"
  /** Several equal rows at once, in a table without a key. */
  | "bulk-equal-rows";

/** A change of the database. `id` is its place in the history. */
export interface Change {
  readonly id: number;
  readonly transaction: number;
  readonly table: string;
  readonly op: "c" | "u" | "d";
  /** Null in a table without a key. */
  readonly key: number | null;
  readonly before: string | null;
  readonly after: string | null;
  /** Changes that were one operation on disk share it: a log may give them one position. */
  readonly group: number;
}

/** A row as a snapshot finds it. */
export interface Row {
  readonly table: string;
  readonly key: number;
  readonly value: string;
}

const KEYED = ["orders", "items"];

/** The database's history: every row and every change is what the one before left. */
export class Database {
  readonly changes: Change[] = [];
  readonly #rows = new Map<string, string>();
  readonly #logged: number[] = [];
  #transaction = 0;
  #group = 0;
  #touched = new Set<string>();

  constructor(transactions: readonly (readonly Statement[])[]) {
    for (const statements of transactions) {
      this.#touched = new Set();
      for (const statement of statements) this.#run(statement);
      this.#transaction++;
    }
  }

  /** The keyed rows after the first `changes` of the history, in a snapshot's order. */
  rowsAfter(changes: number): Row[] {
    return [...folded(this.changes.slice(0, changes))]
      .map(([name, value]) => ({ table: name.split("/")[0] ?? "", key: Number(name.split("/")[1]), value }))
      .toSorted((a, b) => a.table.localeCompare(b.table) || a.key - b.key);
  }

  #run({ kind, row }: Statement): void {
    const table = KEYED[row % 2] ?? "";
    const key = row >> 1;
    this.#group++;
    switch (kind) {
      case "write":
        return this.#write(table, key, this.#touched.has(`${table}/${key}`) ? this.#unique() : this.#other(table, key));
      case "delete":
        // Twice within one transaction would be two equal changes for those that tell no row before.
        if (this.#touched.has(`${table}/${key}`)) return this.#write(table, key, this.#unique());
        if (this.#value(table, key) === null) this.#write(table, key, this.#unique());
        return this.#delete(table, key);
      case "repeats": {
        const first = this.#value(table, key) ?? this.#unique();
        if (this.#value(table, key) === null) this.#write(table, key, first);
        for (const value of ["T1", first, "T1", first]) this.#write(table, key, value);
        return undefined;
      }
      case "new-key": {
        const value = this.#value(table, key) ?? this.#unique();
        if (this.#value(table, key) === null) this.#write(table, key, value);
        const group = ++this.#group;
        this.#delete(table, key, group);
        return this.#write(table, 1_000 + this.changes.length, value, group);
      }
      case "equal-rows":
        return this.#log(2 + (row % 2), false);
      case "bulk":
        for (let n = 0; n < 2 + (row % 3); n++)
          this.#write(table, 2_000 + this.changes.length, this.#unique(), this.#group);
        return undefined;
      case "bulk-equal-rows":
        return this.#log(2 + (row % 3), true);
    }
  }

  /** Equal rows come, or where there are enough of them, as many go. */
  #log(count: number, together: boolean): void {
    const { length } = this.#logged;
    const goes = !together && length >= count && length % 2 === 1;
    for (let n = 0; n < count; n++) {
      if (!together) this.#group++;
      if (goes) this.#logged.pop();
      else this.#logged.push(this.changes.length);
      this.#add("log", null, goes ? "same" : null, goes ? null : "same", this.#group);
    }
  }

  #value(table: string, key: number): string | null {
    return this.#rows.get(`${table}/${key}`) ?? null;
  }
  #other(table: string, key: number): string {
    return this.#value(table, key) === "S1" ? "S2" : "S1";
  }
  #unique(): string {
    return `v${this.changes.length}`;
  }

  #write(table: string, key: number, value: string, group: number = ++this.#group): void {
    const before = this.#value(table, key);
    this.#rows.set(`${table}/${key}`, value);
    this.#touched.add(`${table}/${key}`);
    this.#add(table, key, before, value, group);
  }

  #delete(table: string, key: number, group: number = ++this.#group): void {
    const before = this.#value(table, key);
    this.#rows.delete(`${table}/${key}`);
    this.#touched.add(`${table}/${key}`);
    this.#add(table, key, before, null, group);
  }

  #add(table: string, key: number | null, before: string | null, after: string | null, group: number): void {
    const op = before === null ? "c" : after === null ? "d" : "u";
    this.changes.push({
      id: this.changes.length,
      transaction: this.#transaction,
      table,
      op,
      key,
      before,
      after,
      group,
    });
  }
}

/** What a change does to the keyed rows, as a consumer would apply it: a row has the value that came last. */
export interface Effect {
  readonly table: string;
  readonly key: number | null;
  readonly after: string | null;
}

/** The keyed rows that these effects leave, by `table/key`. */
export function folded(effects: Iterable<Effect>): Map<string, string> {
  const rows = new Map<string, string>();
  for (const { after, key, table } of effects) {
    if (key === null) continue;
    if (after === null) rows.delete(`${table}/${key}`);
    else rows.set(`${table}/${key}`, after);
  }
  return rows;
}
