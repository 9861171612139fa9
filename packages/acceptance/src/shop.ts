/** The tables, and how many partitions their topics have. Copies of a change without a key must share a partition: `log` has none. */
export const SHOP_TABLES: Readonly<Record<string, number>> = { orders: 1, items: 3, log: 1 };

/** Creates the tables with a few rows for the connectors' snapshots. */
export const SHOP: string = `
  CREATE DATABASE shop;
  USE shop;
  CREATE TABLE orders (id INT PRIMARY KEY, customer VARCHAR(40), status VARCHAR(16), amount DECIMAL(10, 2));
  CREATE TABLE items (id INT PRIMARY KEY, order_id INT, sku VARCHAR(20), qty INT);
  CREATE TABLE log (message VARCHAR(40), n INT);
  INSERT INTO orders VALUES (1, 'ann', 'new', 10.00), (2, 'bob', 'new', 20.00), (3, 'cy', 'new', 30.50);
  INSERT INTO items VALUES (1, 1, 'A', 1), (2, 1, 'B', 2), (3, 2, 'A', 3), (4, 3, 'C', 4), (5, 3, 'D', 5);
  INSERT INTO log VALUES ('first', 0);`;

/** Rows in `SHOP`. */
export const SHOP_ROWS = 9;

const ORDER = "INSERT INTO orders VALUES";
const ITEM = "INSERT INTO items VALUES";

/** One round of everything that a client does to a database; rounds touch rows of their own and a few shared ones. */
export function shopRound(round: number): string {
  const id = 1_000 + round * 100;
  const transaction = (...statements: string[]): string => ["START TRANSACTION", ...statements, "COMMIT"].join(";\n");
  const status = (to: string, row: number): string => `UPDATE orders SET status = '${to}' WHERE id = ${row}`;
  return [
    // Statements that commit by themselves: of one row, of several, and an update that changes nothing.
    `${ORDER} (${id}, 'dan', 'new', 40.00)`,
    `${ORDER} (${id + 1}, 'eve', 'new', 1), (${id + 2}, 'fay', 'new', 2), (${id + 3}, 'gus', 'new', 3)`,
    `${ITEM} (${id}, ${id}, 'X', 1), (${id + 1}, ${id}, 'Y', 2), (${id + 2}, ${id + 1}, 'Z', 3), (${id + 3}, 1, 'Z', 4)`,
    `UPDATE orders SET amount = amount + 1 WHERE id IN (1, 2, ${id}, ${id + 1})`,
    `UPDATE orders SET status = status WHERE id = ${id}`,
    `DELETE FROM orders WHERE id = ${id + 3}`,
    // A primary-key change: a delete and a create at one position, for items in two partitions.
    `UPDATE orders SET id = ${id + 10} WHERE id = ${id + 2}`,
    `UPDATE items SET id = id + 10 WHERE id IN (${id + 1}, ${id + 2})`,
    // Several statements and tables.
    transaction(
      `${ORDER} (${id + 20}, 'hal', 'new', 5)`,
      `${ITEM} (${id + 20}, ${id + 20}, 'P', 1), (${id + 21}, ${id + 20}, 'Q', 2)`,
      status("ready", id + 20),
      `UPDATE items SET qty = 9 WHERE order_id = ${id + 20}`,
      `INSERT INTO log VALUES ('ready', ${round})`,
    ),
    `UPDATE orders o JOIN items i ON i.order_id = o.id SET o.status = 'joined', i.qty = i.qty + 1 WHERE o.id IN (${id}, ${id + 20})`,
    // The same two changes of one row, twice in one transaction.
    transaction(...["S1", "S2", "S1", "S2"].map((to) => status(to, id))),
    transaction(...["S1", "S2", "S1", "S2"].map((to) => status(to, 1))),
    transaction(
      `${ORDER} (${id + 30}, 'tmp', 't', 0)`,
      `DELETE FROM orders WHERE id = ${id + 30}`,
      `${ORDER} (${id + 30}, 'tmp', 't', 0)`,
    ),
    // What is rolled back never was.
    `START TRANSACTION; ${ORDER} (${id + 40}, 'no', 'no', 0); DELETE FROM items WHERE id = ${id}; ROLLBACK`,
    transaction(
      status("sp0", id),
      "SAVEPOINT p",
      status("sp1", id),
      `${ITEM} (${id + 41}, 0, 'no', 0)`,
      "ROLLBACK TO SAVEPOINT p",
      status("sp2", id),
    ),
    transaction(
      `${ORDER} (${id}, 'dan', 'dup', 1) ON DUPLICATE KEY UPDATE status = 'odku'`,
      `REPLACE INTO orders VALUES (${id + 20}, 'hal2', 'repl', 4), (${id + 50}, 'ida', 'repl', 4)`,
      `INSERT IGNORE INTO orders VALUES (${id}, 'zzz', 'z', 0)`,
    ),
    // Equal rows without a key.
    "INSERT INTO log VALUES ('m', 1), ('m', 1), ('m', 1), ('m', 2)",
    transaction(
      "DELETE FROM log WHERE n = 1 LIMIT 1",
      "INSERT INTO log VALUES ('m', 1)",
      "UPDATE log SET message = 'same'",
    ),
    transaction("DELETE FROM log LIMIT 3", "DELETE FROM log"),
    // Rows enough for several row events, and a bulk delete.
    `${ORDER} ${Array.from({ length: 40 }, (_, i) => `(${id + 59 + i}, 'bulk-${i}', 'new', ${i})`).join(", ")}`,
    `DELETE FROM orders WHERE id BETWEEN ${id + 59} AND ${id + 98}`,
  ].join(";\n");
}

/** Changes of each row in a big transaction. */
const BIG_STEPS = 5;

/** One transaction of `changes` row changes: rows that go to and fro and end deleted, so that two in five have an equal. */
export function bigTransaction(nth: number, changes: number): string {
  const first = nth * 10_000_000;
  const count = changes / BIG_STEPS;
  const rows = `WHERE id BETWEEN ${first + 1} AND ${first + count}`;
  return `START TRANSACTION;
    ${ORDER.replace(" VALUES", "")} SELECT ${first} + seq, 'big', 'S1', 0 FROM seq_1_to_${count};
    UPDATE orders SET status = 'S2' ${rows};
    UPDATE orders SET status = 'S1' ${rows};
    UPDATE orders SET status = 'S2' ${rows};
    DELETE FROM orders ${rows};
    COMMIT`;
}

/** Rows of `LAST`. */
export const LAST_ROWS = 62;

/** A transaction that leaves a change in every partition of every topic: who has sent all of it, has sent everything. */
export const LAST: string = `START TRANSACTION;
  ${ORDER} (999, 'last', 'last', 0);
  ${ITEM.replace(" VALUES", "")} SELECT 900 + seq, 0, 'last', 0 FROM seq_1_to_60;
  INSERT INTO log VALUES ('last', 0);
  COMMIT`;
