import { describe, expect, it } from "vitest";
import { audit, type AuditedRecord, type Copy, isClean } from "../src/index.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const KEY = encoder.encode("k");

function copy(offset: number, id: string | null, value = `{"id":${id}}`, partition = 0): Copy {
  return {
    id,
    record: {
      partition,
      offset,
      timestamp: 5,
      key: KEY,
      value: id === null ? null : encoder.encode(value),
      headers: [{ source: "a" }],
    },
  };
}

function changed({ id, record }: Copy, change: Partial<AuditedRecord>): Copy {
  return { id, record: { ...record, ...change } };
}

const isDelete = ({ value }: AuditedRecord): boolean => value !== null && decoder.decode(value).includes('"d"');
const DELETE = '{"op":"d"}';
const INPUT = [
  copy(0, "1"),
  copy(1, "2", DELETE),
  copy(2, null),
  copy(3, "1"),
  copy(4, "3"),
  copy(5, "2", DELETE),
  copy(6, null),
];
const [FIRST, SECOND, TOMBSTONE, THIRD] = [copy(0, "1"), copy(1, "2", DELETE), copy(2, null), copy(3, "3")] as const;
const RIGHT = [FIRST, SECOND, TOMBSTONE, THIRD];
const CLEAN = { lost: 0, duplicated: 0, reordered: 0, altered: 0, aborted: 0, tombstonesMissing: 0 };

describe("the auditor", () => {
  it("finds nothing in the right output, also as seen on the way", () => {
    const verdict = audit({ input: INPUT, output: RIGHT, seen: RIGHT.map(({ record }) => record), isDelete });
    expect(verdict).toMatchObject({ ...CLEAN, distinct: 3, emitted: 3 });
    expect(isClean(verdict)).toBe(true);
  });

  it.each<[string, Copy[], Partial<typeof CLEAN>]>([
    ["nothing where a change is a dead letter instead", [copy(4, "3")], {}],
    ["a change that is a dead letter as well", [copy(0, "1"), copy(4, "3")], { duplicated: 1 }],
    ["two dead letters of one change", [copy(4, "3"), copy(4, "3")], { duplicated: 1 }],
    ["a dead letter that is not of the first copy", [copy(9, "3")], { altered: 1 }],
    ["a lost change, whose copy is no dead letter", [], { lost: 1 }],
  ])("finds among dead letters %s", (_, aside, found) => {
    expect(audit({ input: INPUT, output: RIGHT.slice(0, 3), aside, isDelete })).toMatchObject({
      ...CLEAN,
      ...found,
    });
  });

  it.each<[string, Copy[], Partial<typeof CLEAN>]>([
    ["a lost change", RIGHT.slice(0, 3), { lost: 1 }],
    ["a change twice", [...RIGHT, copy(4, "1")], { duplicated: 1 }],
    ["two changes in the wrong order", [THIRD, FIRST, SECOND, TOMBSTONE], { reordered: 2 }],
    ["an altered value", [changed(FIRST, { value: encoder.encode("{}") }), SECOND, TOMBSTONE, THIRD], { altered: 1 }],
    ["an altered key", [changed(FIRST, { key: null }), SECOND, TOMBSTONE, THIRD], { altered: 1 }],
    ["an altered timestamp", [changed(FIRST, { timestamp: 6 }), SECOND, TOMBSTONE, THIRD], { altered: 1 }],
    ["altered headers", [changed(FIRST, { headers: [{ source: "b" }] }), SECOND, TOMBSTONE, THIRD], { altered: 1 }],
    ["another partition", [changed(FIRST, { partition: 1 }), SECOND, TOMBSTONE, THIRD], { altered: 1 }],
    ["a change that never was", [...RIGHT, copy(9, "77")], { altered: 1 }],
    ["a missing tombstone", [FIRST, SECOND, THIRD], { tombstonesMissing: 1 }],
    ["a missing tombstone at the end", [FIRST, THIRD, SECOND], { tombstonesMissing: 1, reordered: 1 }],
    ["a tombstone too many", [...RIGHT, copy(9, null)], { duplicated: 1 }],
    ["a tombstone with other headers", [FIRST, SECOND, changed(TOMBSTONE, { headers: [] }), THIRD], { altered: 1 }],
  ])("finds %s", (_, output, found) => {
    const verdict = audit({ input: INPUT, output, isDelete });
    expect(verdict).toMatchObject({ ...CLEAN, ...found });
    expect(isClean(verdict)).toBe(false);
  });

  it("finds what was visible and is not in the output: an aborted record", () => {
    expect(audit({ input: INPUT, output: RIGHT, seen: [copy(7, "3").record], isDelete })).toMatchObject({
      ...CLEAN,
      aborted: 1,
    });
  });
});
