import { describe, expect, test } from "vitest";
import { Payload } from "../src/binlog/payload.ts";
import { debeziumIdentity, type DebeziumIdentityOptions } from "../src/index.ts";
import { sent, type Told } from "./events.ts";
import { Player } from "./player.ts";

const SOURCES = { sources: { header: "connector", names: ["a", "b"] } };
const GIB = 2 ** 30;

describe("a transaction that is larger than the 4 GiB of a position", () => {
  /** Positions in the binlog have 32 bits. */
  const row = (source: string, place: number, n: number): ReturnType<typeof sent> =>
    sent(source, { sequence: 7, pos: place % (4 * GIB), op: "u", before: `v${n}`, after: `v${n + 1}` });
  const places = Array.from({ length: 12 }, (_, n) => 300 * 2 ** 20 + n * GIB);
  const big = (source: string): ReturnType<typeof sent>[] => places.map((place, n) => row(source, place, n));
  const all = [0, ...places.map((_, n) => n + 1)];

  test("has no re-deliveries where its positions begin anew", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play(sent("a", { sequence: 6, pos: 100 }), ...big("a"), ...big("b"));
    expect(player.emitted).toEqual(all);
  });

  test("also when the lane starts again within it, or the source a little before", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play(sent("a", { sequence: 6, pos: 100 }), ...big("a").slice(0, 9));
    await player.restart();
    await player.play(...big("a").slice(8));
    expect(player.emitted).toEqual([...all.slice(0, 10), 11, 12, 13]);
  });

  test("the file after it begins at its beginning", async () => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    const next: Told = { sequence: 8, file: 2, pos: 200, before: "v1", after: "v2" };
    await player.play(sent("a", { sequence: 6, pos: 100 }), ...big("a"), sent("a", next), ...big("a").slice(3, 5));
    expect(player.emitted).toEqual([...all, 13]);
  });
});

describe("an open transaction that has rested for longer than the horizon", () => {
  /** a sends half of a transaction, b all of it, and a comes back for the rest after an hour, sending other content. */
  async function counted(options: DebeziumIdentityOptions, restMs: number): Promise<Map<string, number>> {
    const player = new Player({ identity: debeziumIdentity({ ...SOURCES, ...options }) });
    await player.play(
      sent("a", { sequence: 6, pos: 90, before: "x", after: "y" }),
      sent("b", { sequence: 6, pos: 90, before: "x", after: "y" }),
      sent("a", { sequence: 7, pos: 100, before: "S1", after: "S2" }),
      sent("b", { sequence: 7, pos: 100, before: "S1", after: "S2" }),
      sent("b", { sequence: 7, pos: 110, before: "S2", after: "S3" }),
      { ...sent("b", { sequence: 8, pos: 200, before: "S3", after: "S4" }), timestamp: 1_000 + restMs },
    );
    await player.restart();
    await player.play(sent("a", { sequence: 7, pos: 110, before: "S2", after: "OTHER" }));
    return player.counts;
  }

  test("has lost its beginning: other content is a possible duplicate and comes out", async () => {
    const counts = await counted({ horizonMs: 60_000 }, 3_600_000);
    expect([counts.get("possible-duplicate"), counts.get("divergence")]).toEqual([1, undefined]);
  });

  test.each([
    ["within the horizon", { horizonMs: 7_200_000 }],
    ["without one", {}],
  ])("%s it has not: the copy has diverged", async (_, options) => {
    const counts = await counted(options, 3_600_000);
    expect([counts.get("possible-duplicate"), counts.get("divergence")]).toEqual([undefined, 1]);
  });

  test.each([0, -1, Number.NaN])("a horizonMs of %d is refused", (horizonMs) => {
    expect(() => debeziumIdentity({ horizonMs })).toThrow(TypeError);
  });
});

test("of one place of a compressed transaction so many changes are remembered, not all", () => {
  const payload = new Payload();
  const place = { base: "bin", file: 1, pos: 4, row: 0, rank: 1 };
  payload.note(place, 0);
  for (let content = 1; content < 100_000; content++) payload.isNew(place, content);
  expect(payload.isNew(place, 99_999)).toBe(false);
  payload.isNew(place, 100_000);
  expect(payload.isNew(place, 100_000)).toBe(true);
});
