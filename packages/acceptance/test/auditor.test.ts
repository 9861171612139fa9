import { audit, type Copy, type Stored } from "@tandem-cdc/acceptance";
import { describe, expect, it } from "vitest";

const KEY = Buffer.from("k");

function copy(offset: number, id: string | null, value = `{"id":${id}}`): Copy {
  const record: Stored = { partition: 0, offset, timestamp: 5, key: KEY, value: id === null ? null : Buffer.from(value), headers: [] };
  return { id, record };
}

const isDelete = (record: Stored): boolean => record.value?.toString().includes('"d"') ?? false;
const DELETE = '{"op":"d"}';
const INPUT = [copy(0, "1"), copy(1, "2", DELETE), copy(2, null), copy(3, "1"), copy(4, "3"), copy(5, "2", DELETE), copy(6, null)];
const RIGHT = [copy(0, "1"), copy(1, "2", DELETE), copy(2, null), copy(3, "3")];
const CLEAN = { lost: 0, duplicated: 0, reordered: 0, altered: 0, tombstonesMissing: 0 };

describe("the auditor", () => {
  it("finds nothing in the right output", () => {
    expect(audit(INPUT, RIGHT, isDelete)).toMatchObject({ ...CLEAN, distinct: 3, emitted: 3 });
  });
  it.each<[string, Copy[], Partial<typeof CLEAN>]>([
    ["a lost change", RIGHT.slice(0, 3), { lost: 1 }],
    ["a change twice", [...RIGHT, copy(4, "1")], { duplicated: 1 }],
    ["two changes in the wrong order", [RIGHT[3], RIGHT[0], RIGHT[1], RIGHT[2]] as Copy[], { reordered: 2 }],
    ["altered bytes", [copy(0, "1", "{}"), ...RIGHT.slice(1)], { altered: 1 }],
    ["a change that never was", [...RIGHT, copy(9, "77")], { altered: 1 }],
    ["a missing tombstone", [RIGHT[0], RIGHT[1], RIGHT[3]] as Copy[], { tombstonesMissing: 1 }],
    ["a tombstone too many", [...RIGHT, copy(9, null)], { duplicated: 1 }],
  ])("finds %s", (_, output, found) => {
    expect(audit(INPUT, output, isDelete)).toMatchObject({ ...CLEAN, ...found });
  });
});
