import { compareStreams, Recording, type RowChange } from "@tandem-cdc/acceptance";
import { describe, expect, it } from "vitest";

function change(source: string, n: number, totalOrder: number, content = `change ${n}`): RowChange {
  return {
    lane: "orders-0",
    source,
    kind: "streamed",
    gtid: "0-1-7",
    position: `bin-${source}/${n}`,
    totalOrder,
    content,
  };
}

const TOMBSTONE: RowChange = { ...change("a", 0, 0, "tombstone 1"), kind: "tombstone", gtid: "", position: "" };

describe("the comparison with the stream of one connector", () => {
  const right = [
    change("r", 1, 1, "S1"),
    change("r", 2, 2, "S2"),
    change("r", 3, 3, "S1"),
    change("r", 4, 4, "S2"),
    TOMBSTONE,
  ];
  const clean = { expected: 5, tables: { orders: 5 }, lost: 0, surplus: 0, reordered: 0, examples: [] };

  it("finds nothing in the same changes in the same order", () => {
    expect(compareStreams(right, [...right])).toEqual(clean);
  });
  it.each<[string, RowChange[], object]>([
    ["one of two equal changes lost", right.filter((_, i) => i !== 3), { lost: 1, surplus: 0 }],
    ["a change twice", [...right.slice(0, 2), change("b", 2, 2, "S2"), ...right.slice(2)], { lost: 0, surplus: 1 }],
    ["another content", [...right.slice(0, 3), change("a", 4, 4, "S3"), TOMBSTONE], { lost: 1, surplus: 1 }],
    ["another order", right.toReversed(), { lost: 0, surplus: 0, reordered: 1 }],
    ["no tombstone", right.slice(0, 4), { lost: 1 }],
    ["a lane that should not be", [...right, { ...change("a", 1, 1), lane: "items-2" }], { surplus: 1 }],
    ["nothing at all", [], { lost: 5 }],
  ])("finds %s", (_, actual, found) => {
    expect(compareStreams(right, actual)).toMatchObject(found);
  });
});

describe("a recording of connectors that crashed", () => {
  const undisturbed = [1, 2, 3, 4].map((n) => change("r", n, n));
  // a was killed after 3, goes on behind 1 and counts from 1 again; b after 2, behind 2.
  const input = [
    ...[1, 2, 3].map((n) => change("a", n, n)),
    ...[1, 2].map((n) => change("b", n, n)),
    ...[2, 3, 4].map((n) => change("a", n, n - 1)),
    ...[3, 4].map((n) => change("b", n, n - 2)),
  ];
  const recording = new Recording(input, undisturbed);

  it("counts what was delivered again and what was renumbered", () => {
    expect(recording.of("a")).toEqual({ sent: 6, redelivered: 2, renumbered: 1 });
    expect(recording.of("b", "0-1-7")).toEqual({ sent: 4, redelivered: 0, renumbered: 2 });
    expect(recording.of("b", "0-1-8")).toEqual({ sent: 0, redelivered: 0, renumbered: 0 });
  });
  it("shows what an identity by total_order would have lost", () => {
    expect(recording.lostBy(({ gtid, totalOrder }) => `${gtid} ${totalOrder}`)).toBe(1);
    expect(recording.lostBy(({ content }) => content)).toBe(0);
  });
  it("finds nothing where nobody crashed", () => {
    const calm = new Recording([...undisturbed.map((c) => ({ ...c, source: "a" })), ...undisturbed], undisturbed);
    expect(calm.of("a")).toEqual({ sent: 4, redelivered: 0, renumbered: 0 });
    expect(calm.lostBy(({ gtid, totalOrder }) => `${gtid} ${totalOrder}`)).toBe(0);
  });
});
