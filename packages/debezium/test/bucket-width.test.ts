import type { KeyStore } from "@tandem-cdc/core";
import { describe, expect, test } from "vitest";
import { debeziumIdentity, type DebeziumIdentityOptions } from "../src/index.ts";
import { sent } from "./events.ts";
import { Player } from "./player.ts";

/** How many buckets 1,000 changes of a lane fall in, where it gets one of `every` transactions. */
async function buckets(every: number, partitions: number, options: DebeziumIdentityOptions = {}): Promise<number> {
  const seen = new Set<number>();
  const keyStore: KeyStore = {
    async claim(_, { buckets: of, coordinates, fingerprints, length }) {
      for (let i = 0; i < length; i++) seen.add(of[i] ?? Number.NaN);
      return { coordinates, fingerprints };
    },
    health: async () => ({ ok: true }),
    close: async () => undefined,
  };
  const player = new Player({ identity: debeziumIdentity(options), partitions, dedup: { keyStore } });
  await player.play(
    ...Array.from({ length: 1_000 }, (_, i) => sent("a", { sequence: i * every, pos: 100 + i, after: "x" })),
  );
  return seen.size;
}

describe("a bucket holds some hundred changes of a lane", () => {
  test.each([1, 12, 64])("of a topic of %i partitions, among which the sequence is spread", async (partitions) => {
    expect(await buckets(partitions, partitions)).toBe(4);
  });

  test("also with known sources", async () => {
    expect(await buckets(12, 12, { sources: { header: "connector" } })).toBe(4);
  });

  test("and of a topic that shares its sequence with others, with a bucketWidth that says so", async () => {
    expect(await buckets(400, 1)).toBe(1_000);
    expect(await buckets(400, 1, { bucketWidth: 256 * 400 })).toBe(4);
  });
});

test.each([0, -1, 1.5, Number.NaN, Infinity])("a bucketWidth of %d is refused", (bucketWidth) => {
  expect(() => debeziumIdentity({ bucketWidth })).toThrow(TypeError);
});
