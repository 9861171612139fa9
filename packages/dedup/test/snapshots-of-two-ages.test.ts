import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DedupOptions } from "../src/index.ts";
import { lane } from "./lane.ts";
import type { Said } from "./support.ts";

/** A change sets its row to its own position in the order that both sources share. */
interface Change {
  readonly row: number;
  readonly position: number;
}

/** Two connectors whose snapshots are of different age; the one with the newer leads, and streams when the other begins. */
interface Told {
  readonly rows: readonly number[];
  /** Positions up to which the snapshots hold everything. */
  readonly newer: number;
  readonly older: number;
  /** Who sends next, and how much. */
  readonly turns: readonly { readonly source: 0 | 1; readonly count: number }[];
}

const ROWS = 5;

const told: fc.Arbitrary<Told> = fc
  .record({
    rows: fc.array(fc.nat(ROWS - 1), { minLength: 2, maxLength: 40, size: "max" }),
    newer: fc.nat(),
    older: fc.nat(),
    turns: fc.array(
      fc.record({ source: fc.constantFrom(0 as const, 1 as const), count: fc.integer({ min: 1, max: 6 }) }),
      { maxLength: 30, size: "max" },
    ),
  })
  .map(({ newer, older, rows, turns }) => {
    // Something is left to be streamed.
    const at = newer % rows.length;
    return { rows, newer: at, older: older % (at + 1), turns };
  });

/** The database when the change at this position was its last. */
function stateAt(changes: readonly Change[], position: number): number[] {
  const state = Array.from({ length: ROWS }, () => 0);
  for (const change of changes) if (change.position <= position) state[change.row] = change.position;
  return state;
}

/** All that a connector sends: its snapshot, then every change after it. */
function feedOf(source: string, changes: readonly Change[], position: number): (Said & { readonly sets: Change })[] {
  return [
    ...stateAt(changes, position).map((value, row) => ({
      id: `row ${row} is ${value}`,
      kind: "snapshot" as const,
      source,
      sets: { row, position: value },
    })),
    ...changes
      .filter((change) => change.position > position)
      .map((sets) => ({ id: `${sets.position}`, domain: "0", position: sets.position, source, sets })),
  ];
}

/** Whether the state that a consumer folds from the output ends as the database, and never went back. */
async function folded({ newer, older, rows, turns }: Told, options: Partial<DedupOptions>) {
  const changes = rows.map((row, i): Change => ({ row, position: i + 1 }));
  const feeds = [feedOf("a", changes, newer), feedOf("b", changes, older)];
  const log: (Said & { readonly sets: Change })[] = [];
  const { apply } = await lane(options);
  const state = Array.from({ length: ROWS }, () => -1);
  let wentBack = false;
  const all = { count: Infinity };
  for (const { count, source } of [
    { source: 0, count: ROWS + 1 },
    ...turns,
    { source: 0, ...all },
    { source: 1, ...all },
  ]) {
    const part = feeds[source]?.splice(0, count) ?? [];
    if (part.length === 0) continue;
    const first = log.length;
    log.push(...part);
    const { next } = await apply(first, ...part);
    for (let i = 0; i < next.length; i++) {
      const { sets } = log[next.offset(i)] ?? { sets: { row: 0, position: -1 } };
      if (sets.position < (state[sets.row] ?? -1)) wentBack = true;
      state[sets.row] = sets.position;
    }
  }
  const isRight = JSON.stringify(state) === JSON.stringify(stateAt(changes, Infinity));
  return { isRight, wentBack };
}

describe("two connectors with snapshots of different age", () => {
  test("the output leads to what the database is, and no row goes back in time", async () => {
    await fc.assert(
      fc.asyncProperty(told, async (one) => {
        expect(await folded(one, {})).toEqual({ isRight: true, wentBack: false });
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, Partial<DedupOptions>]>([
    ["the boundary below the first change", { late: "emit" }],
    ["the rule for late rows", { snapshots: "emit" }],
  ])("without %s it is wrong for good in many of 500", async (_, options) => {
    let wrong = 0;
    for (const one of fc.sample(told, { numRuns: 500, seed: 1 })) if (!(await folded(one, options)).isRight) wrong++;
    expect(wrong).toBeGreaterThan(50);
  });
});
