/** The tables, and how many partitions their topics have. `log` has no key. */
export const PG_SHOP_TABLES: Readonly<Record<string, number>> = { orders: 1, items: 2, log: 1 };

/** Creates the tables with a few rows for the connectors' snapshots. */
export const PG_SHOP: string = `
  CREATE TABLE orders (id INT PRIMARY KEY, customer TEXT, status TEXT, amount NUMERIC(10, 2));
  ALTER TABLE orders REPLICA IDENTITY FULL;
  CREATE TABLE items (id INT PRIMARY KEY, order_id INT, sku TEXT, qty INT);
  CREATE TABLE log (message TEXT, n INT);
  ALTER TABLE log REPLICA IDENTITY FULL;
  INSERT INTO orders VALUES (1, 'ann', 'new', 10.00), (2, 'bob', 'new', 20.00);
  INSERT INTO items VALUES (1, 1, 'A', 1), (2, 2, 'B', 2);
  INSERT INTO log VALUES ('first', 0);`;

/** Rows in `PG_SHOP`. */
export const PG_SHOP_ROWS = 5;

const ORDER = "INSERT INTO orders VALUES";

/** One round of everything that a client does to a database; rounds touch rows of their own and a few shared ones. */
export function pgShopRound(round: number): string {
  const id = 1_000 + round * 100;
  const transaction = (...statements: string[]): string => ["BEGIN", ...statements, "COMMIT"].join(";\n");
  const status = (to: string, row: number): string => `UPDATE orders SET status = '${to}' WHERE id = ${row}`;
  return [
    `${ORDER} (${id}, 'dan', 'new', 40), (${id + 1}, 'eve', 'new', 1), (${id + 2}, 'fay', 'new', 2)`,
    `INSERT INTO items VALUES (${id}, ${id}, 'X', 1), (${id + 1}, ${id}, 'Y', 2), (${id + 2}, 1, 'Z', 3)`,
    `UPDATE orders SET amount = amount + 1 WHERE id IN (1, 2, ${id})`,
    `DELETE FROM orders WHERE id = ${id + 1}`,
    // A primary-key change: a delete and a create of one LSN, for items in two partitions.
    `UPDATE orders SET id = ${id + 10} WHERE id = ${id + 2}`,
    `UPDATE items SET id = id + 10 WHERE id IN (${id}, ${id + 1})`,
    transaction(...["S1", "S2", "S1", "S2"].map((to) => status(to, id)), `INSERT INTO log VALUES ('ready', ${round})`),
    transaction(status("sp1", id), "SAVEPOINT p", status("sp2", id), "ROLLBACK TO SAVEPOINT p", status("sp3", id)),
    // Equal rows without a key, an LSN each.
    "INSERT INTO log VALUES ('m', 1), ('m', 1), ('m', 1), ('m', 2)",
    transaction("INSERT INTO log VALUES ('m', 1)", "UPDATE log SET message = 'same'", "DELETE FROM log WHERE n = 1"),
    // The same by COPY: all of one LSN.
    pgCopy(
      "log",
      Array.from({ length: 12 }, (_, i) => ["copied", i % 2]),
    ),
    pgCopy(
      "orders",
      Array.from({ length: 20 }, (_, i) => [id + 20 + i, "copied", "new", i]),
    ),
    `DELETE FROM orders WHERE id BETWEEN ${id + 20} AND ${id + 39}`,
  ].join(";\n");
}

/** A COPY of these rows. */
export function pgCopy(table: string, rows: readonly (readonly (string | number)[])[]): string {
  return `COPY ${table} FROM STDIN;\n${rows.map((row) => row.join("\t")).join("\n")}\n\\.\n`;
}

/** One transaction that is copied in, then changed to and fro row by row: three changes a row. */
export function pgBig(nth: number, rows: number): string {
  const first = nth * 10_000_000;
  const copied = pgCopy(
    "orders",
    Array.from({ length: rows }, (_, i) => [first + i, "big", "S1", 0]),
  );
  return `BEGIN;\n${copied}UPDATE orders SET status = 'S2' WHERE id >= ${first};\nUPDATE orders SET status = 'S1' WHERE id >= ${first};\nCOMMIT`;
}

/** Rows of `PG_LAST`. */
export const PG_LAST_ROWS = 42;

/** A transaction that leaves a change in every partition of every topic: who has sent all of it, has sent everything. */
export const PG_LAST: string = `BEGIN;
  ${ORDER} (999, 'last', 'last', 0);
  INSERT INTO items SELECT 900 + n, 0, 'last', 0 FROM generate_series(1, 40) n;
  INSERT INTO log VALUES ('last', 0);
  COMMIT`;
