import { ClaimTable, DIGEST_BYTES, LaneTables } from "@tandem-cdc/core";
import { expect, it } from "vitest";

const LANE = { topic: "t", partition: 0 };

function claims(tables: LaneTables, table: ClaimTable, count: number): void {
  for (let i = 0; i < count; i++) tables.claim(table, new Uint8Array(DIGEST_BYTES).fill(i + 1), 0, i, 0, 0);
}

it("counts the claims of the tables that it holds, whichever way they leave", () => {
  const leave: ((tables: LaneTables) => void)[] = [
    (t) => t.drop(LANE),
    (t) => t.clear(),
    (t) => t.evict(0, () => false),
    (t) => t.sweep(10_000, true),
    (t) => t.set(LANE, 3, new ClaimTable(0)),
  ];
  for (const goes of leave) {
    const tables = new LaneTables(1_000, 0);
    const table = new ClaimTable(0);
    tables.set(LANE, 3, table);
    claims(tables, table, 10);
    expect(tables.claims).toBe(10);
    goes(tables);
    expect(tables.claims).toBe(0);
    // Another lane dropped it while this one waited for a load; it goes on with the table that it has.
    claims(tables, table, 20);
    expect(tables.claims).toBe(0);
  }
});
