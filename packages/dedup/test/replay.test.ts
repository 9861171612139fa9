import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DedupOptions, memoryStore } from "../src/index.ts";
import { HORIZON_MS, KEPT_MS, Lane, type Sent } from "./growing-lane.ts";
import { FakeClock } from "./support.ts";

/** What happens: a source goes on sending, from earlier than where it was, after a while. */
const turn = fc.record({
  source: fc.constantFrom("a", "b", "c"),
  count: fc.integer({ min: 1, max: 5 }),
  back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(8)),
  wait: fc.nat(KEPT_MS / 10),
  batch: fc.integer({ min: 1, max: 7 }),
  kind: fc.constantFrom(undefined, undefined, undefined, "snapshot" as const),
});
const history = fc.record({
  turns: fc.array(turn, { minLength: 1, maxLength: 30, size: "max" }),
  /** The sources' first positions. */
  begins: fc.record({ a: fc.nat(20), b: fc.nat(20), c: fc.nat(20) }),
});

interface Told {
  readonly turns: readonly {
    readonly source: string;
    readonly count: number;
    readonly back: number;
    readonly wait: number;
    readonly batch: number;
    readonly kind: "snapshot" | undefined;
  }[];
  readonly begins: Readonly<Record<string, number>>;
}

/** Lives through the history, each turn in a life of its own. */
async function lived({ begins, turns }: Told) {
  const lane = new Lane();
  const out: string[] = [];
  const next: Record<string, number> = { ...begins };
  const end = lane.clock.time + KEPT_MS;
  for (const { back, batch, count, kind, source, wait } of turns) {
    if (lane.clock.time + wait >= end) break;
    lane.clock.time += wait;
    const from = lane.log.length;
    const begin = Math.max(1, (next[source] ?? 1) - back);
    for (let position = begin; position < begin + count; position++)
      lane.append({
        said: {
          id: `${kind ?? "change"} ${position}`,
          domain: "0",
          position,
          source,
          ...(kind === undefined ? {} : { kind }),
        },
        timestamp: lane.clock.time,
      });
    if (kind === undefined) next[source] = begin + count;
    out.push(...(await lane.run(from, batch)));
  }
  const since = (from: number) => out.filter((said) => Number.parseInt(said, 10) >= from);
  return { lane, since };
}

describe("a deliberate replay", () => {
  test("from any coordinate, in any batches, gives the same output again, and leaves the lane as it was", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), fc.integer({ min: 1, max: 20 }), async (told, where, size) => {
        const { lane, since } = await lived(told);
        const before = lane.state;
        const from = where % lane.log.length;
        expect((await lane.run(from, size, true)).toSorted()).toEqual(since(from).toSorted());
        expect(lane.state).toEqual(before);
      }),
      { numRuns: 1_000 },
    );
  });

  test("whatever the hour: what was not late then is not late now", async () => {
    const lane = new Lane();
    const change = (position: number): Sent => ({
      said: { id: `${position}`, domain: "0", position, source: "a" },
      timestamp: lane.clock.time,
    });
    // Sent out of order, which a sequence that is not strict does.
    for (const position of [1, 2, 5]) lane.append(change(position));
    const first = await lane.run(0, 10);
    lane.append({ ...change(4), said: { ...change(4).said, source: "b" } });
    first.push(...(await lane.run(3, 10)));
    expect(first).toEqual(["0", "1", "2", "3"]);
    lane.clock.time += 1.2 * HORIZON_MS;
    lane.append(change(6));
    expect(await lane.run(4, 10)).toEqual(["4"]);
    expect(await lane.run(3, 10, true)).toEqual(["3", "4"]);
  });

  test("tells nothing of the past that it identifies again, and says how far it is", async () => {
    const lane = new Lane();
    for (let position = 1; position <= 10; position++)
      lane.append({ said: { id: `${position}`, position, source: "a" }, timestamp: lane.clock.time });
    await lane.run(0, 10);
    lane.counts.clear();
    await lane.run(6, 10, true);
    expect(lane.counts.get("identified")).toBe(4);
  });

  describe("identifies again", () => {
    /** A record each tenth of a horizon; the lane is replayed from 50. */
    async function readFor(
      options: Partial<DedupOptions> = { horizonMs: HORIZON_MS },
      logStart = 0,
    ): Promise<number[]> {
      const lane = new Lane(options);
      for (let i = 0; i < 60; i++)
        lane.append({ said: { id: `${i}`, position: i + 1, source: "a" }, timestamp: (i * HORIZON_MS) / 10 });
      lane.logStart = logStart;
      await lane.run(0, 60);
      lane.read.length = 0;
      await lane.run(50, 10, true);
      // The first is the one that tells the time.
      expect(lane.read[0]).toBe(50);
      return lane.read.slice(1);
    }
    const coordinates = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

    test("one kept lifetime before where it starts", async () => {
      expect(await readFor()).toEqual(coordinates(38, 50));
    });

    test("what the log still holds of it", async () => {
      expect(await readFor(undefined, 45)).toEqual(coordinates(45, 50));
    });

    test("without a horizon, all of the log before", async () => {
      expect(await readFor({})).toEqual(coordinates(0, 50));
    });
  });

  test("rebuilds the claims of a store that forgets, from before where it starts", async () => {
    const clock = new FakeClock();
    const lane = new Lane();
    for (let i = 0; i < 30; i++)
      lane.append({ said: { id: `${i % 12}`, position: 100 + i, source: "a" }, timestamp: (i * HORIZON_MS) / 10 });
    const first = await lane.run(0, 60);
    // Another process, with another store.
    const forgetful = new Lane({
      keyStore: memoryStore({ clock, horizonMs: HORIZON_MS }),
      clock,
      horizonMs: HORIZON_MS,
      rebuild: { horizonMs: HORIZON_MS },
    });
    for (const { offset, timestamp, value } of lane.log) forgetful.log.push({ offset, timestamp, key: null, value });
    forgetful.state = lane.state;
    const again = await forgetful.run(14, 5, true);
    expect(again).toEqual(first.filter((offset) => Number(offset) >= 14));
  });
});
