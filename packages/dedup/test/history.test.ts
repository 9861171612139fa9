import fc from "fast-check";
import { expect, test } from "vitest";
import type { DedupOptions } from "../src/index.ts";
import { HORIZON_MS, Lane, type Ordered } from "./growing-lane.ts";

/** A change of the primary: `order` is its place in the history, `position` that of its transaction. */
interface Change {
  readonly order: number;
  readonly position: number;
}

const turn = fc.record({
  source: fc.constantFrom("a" as const, "b" as const),
  count: fc.integer({ min: 1, max: 6 }),
  /** After a restart it sends so many again. */
  back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(6)),
  wait: fc.oneof({ weight: 4, arbitrary: fc.nat(HORIZON_MS / 20) }, fc.nat(3 * HORIZON_MS)),
  batch: fc.integer({ min: 1, max: 7 }),
  fate: fc.constantFrom("commit" as const, "commit" as const, "abort" as const, "forget" as const),
});

const history = fc.record({
  /** Changes of each transaction. */
  transactions: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 15, size: "max" }),
  turns: fc.array(turn, { maxLength: 25, size: "max" }),
  /** Transactions that the snapshots hold. The source with the newer one leads. */
  newer: fc.nat(),
  older: fc.nat(),
  rest: fc.record({ first: fc.constantFrom("a" as const, "b" as const), wait: fc.nat(3 * HORIZON_MS) }),
});
type Told = typeof history extends fc.Arbitrary<infer T> ? T : never;

/** Two sources send the history; returns the changes that come out, and the ones that have to. */
async function lived({ newer, older, rest, transactions, turns }: Told, options: Partial<DedupOptions>) {
  const changes = transactions.flatMap((count, i) =>
    Array.from({ length: count }, (): Omit<Change, "order"> => ({ position: i + 1 })),
  );
  const all = changes.map(({ position }, i): Change => ({ order: i + 1, position }));
  const held = newer % transactions.length;
  const from = { a: held, b: older % (held + 1) };
  const feeds = { a: feedOf("a", all, from.a), b: feedOf("b", all, from.b) };
  const at = { a: 0, b: 0 };
  const lane = new Lane({ horizonMs: HORIZON_MS, ...options });
  const output: Ordered[] = [];
  const saidAt = (coordinate: number) =>
    JSON.parse(Buffer.from(lane.log[coordinate]?.value ?? []).toString()) as Ordered;
  const send = async ({ back, batch, count, fate, source, wait }: Told["turns"][number]) => {
    lane.clock.time += wait;
    const begin = lane.log.length;
    const first = Math.max(0, at[source] - back);
    for (const said of feeds[source].slice(first, first + count)) lane.append({ said, timestamp: lane.clock.time });
    at[source] = Math.max(at[source], Math.min(first + count, feeds[source].length));
    if (fate === "abort") await lane.abort(begin, batch);
    if (fate === "forget") lane.forget();
    for (const said of await lane.run(begin, batch)) if (!said.endsWith("late")) output.push(saidAt(Number(said)));
  };
  const plain = { back: 0, wait: 0, batch: 5, fate: "commit" as const };
  // The lane streams before the second source begins.
  await send({ ...plain, source: "a", count: ROWS + 1 });
  for (const one of turns) await send(one);
  const last = rest.first === "a" ? "b" : "a";
  await send({ ...plain, source: rest.first, count: Infinity });
  await send({ ...plain, source: last, count: Infinity, wait: rest.wait });
  return { output, expected: all.filter(({ position }) => position > from.a).map(({ order }) => order) };
}

const ROWS = 2;

/** All that a connector sends: its snapshot, then every change after it. */
function feedOf(source: string, changes: readonly Change[], held: number): Ordered[] {
  return [
    ...Array.from({ length: ROWS }, (_, row): Ordered => ({ id: `row ${row} at ${held}`, kind: "snapshot", source })),
    ...changes
      .filter(({ position }) => position > held)
      .map(({ order, position }): Ordered => ({ id: `${order}`, domain: "0", order, position, source })),
  ];
}

/**
 * The changes in the order of their first occurrence; null where one came again. The newest transaction may: when it stood still for
 * longer than claims live, what goes on with it cannot be told from a copy, and to emit it twice is better than never.
 */
function once(output: readonly Ordered[]): number[] | null {
  const seen = new Set<number>();
  let newest = 0;
  for (const { order = 0, position = 0 } of output) {
    if (seen.has(order) && position < newest) return null;
    newest = Math.max(newest, position);
    seen.add(order);
  }
  return [...seen];
}

const streamed = (output: readonly Ordered[]) => output.filter(({ kind }) => kind === undefined);

test("whatever two sources and the deduplicator do, and however long they are away, the output is the history", async () => {
  await fc.assert(
    fc.asyncProperty(history, async (told) => {
      const { expected, output } = await lived(told, {});
      expect(once(streamed(output))).toEqual(expected);
      // And no row of the second snapshot came out after the stream had begun.
      expect(output.filter(({ kind }) => kind === "snapshot")).toHaveLength(ROWS);
    }),
    { numRuns: 1_000 },
  );
});

test("the histories are hard: without the rule for what is late many are wrong", async () => {
  let wrong = 0;
  for (const told of fc.sample(history, { numRuns: 300, seed: 7 })) {
    const { expected, output } = await lived(told, { late: "emit" });
    if (JSON.stringify(once(streamed(output))) !== JSON.stringify(expected)) wrong++;
  }
  expect(wrong).toBeGreaterThan(100);
});
