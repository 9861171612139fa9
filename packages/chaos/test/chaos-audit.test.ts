import { type Change, deliveries, eventOf, history, type Stored } from "@tandem-cdc/acceptance";
import { ChaosAudit, isFine } from "@tandem-cdc/chaos";
import type { Verdict } from "@tandem-cdc/testkit";
import { describe, expect, it } from "vitest";

const LANES = 3;
const changes = history(300, LANES, 5);

/** Gives records the offsets that they would have, some of them taken by transaction markers. */
function written(records: readonly Omit<Stored, "offset">[]): Stored[] {
  const ends: number[] = [];
  return records.map((record) => {
    const offset = (ends[record.partition] ?? 0) + (ends[record.partition] === 7 ? 1 : 0);
    ends[record.partition] = offset + 1;
    return { ...record, offset };
  });
}

function recordsOf(source: "a" | "b", change: Change): Omit<Stored, "offset">[] {
  const event = {
    partition: change.partition,
    timestamp: 1_000 + change.id,
    key: Buffer.from(change.key),
    value: Buffer.from(eventOf({ source, change }, 1_000 + change.id)),
    headers: [{ connector: Buffer.from(source) }],
  };
  return change.op === "d" ? [event, { ...event, value: null }] : [event];
}

const input = written(deliveries(changes, 5, 40).flatMap(({ change, source }) => recordsOf(source, change)));

/** What tandem has to make of the input: the first copies, each delete with its tombstone. */
function right(): Stored[] {
  const seen = new Set<string>();
  const out: Stored[] = [];
  for (const [i, record] of input.entries()) {
    const id = /"change":(\d+)\}$/.exec(record.value?.toString() ?? "")?.[1];
    if (id === undefined || seen.has(id)) continue;
    seen.add(id);
    const next = input.slice(i + 1).find(({ partition }) => partition === record.partition);
    out.push(record, ...(next !== undefined && next.value === null ? [next] : []));
  }
  return written(out);
}

function judged(output: readonly Stored[], seen: readonly Stored[] = output): Verdict {
  const audit = new ChaosAudit(LANES);
  audit.sent(input);
  audit.saw(seen, 0);
  audit.stands(output);
  return audit.judge();
}

const CLEAN = { lost: 0, duplicated: 0, reordered: 0, altered: 0, aborted: 0, tombstonesMissing: 0 };
const isEvent = ({ value }: Stored): boolean => value !== null;

/** An output with one thing wrong. */
function wrong(change: (output: Stored[], event: number) => void): Stored[] {
  const output = right();
  // In the middle, an event with another event of its lane right after it.
  const middle = output.findIndex((record, i) => i > 150 && isEvent(record) && isEvent(following(output, i)));
  change(output, middle);
  return output;
}

function following(output: readonly Stored[], index: number): Stored {
  return output.slice(index + 1).find(({ partition }) => partition === output[index]?.partition) as Stored;
}

function recordAt(records: readonly Stored[], index: number): Stored {
  const record = records[index];
  if (record === undefined) throw new Error(`there is no record ${index}`);
  return record;
}

function withBytes(record: Stored, value: string): Stored {
  return { ...record, value: Buffer.from(value) };
}

describe("the auditor of chaos", () => {
  it("finds nothing in the first copies of the input", () => {
    const verdict = judged(right());
    expect(verdict).toMatchObject({ ...CLEAN, input: input.length, distinct: 300, emitted: 300 });
    expect(isFine(verdict, 100)).toBe(true);
  });

  it.each<[keyof typeof CLEAN, string, (output: Stored[], event: number) => void]>([
    ["lost", "a change", (output, event) => void output.splice(event, 1)],
    ["lost", "the last change", (output) => void output.splice(output.findLastIndex(isEvent), 2)],
    ["duplicated", "a change", (output, event) => void output.push({ ...recordAt(output, event), offset: 9_999 })],
    [
      "duplicated",
      "a change by its other copy",
      (output, event) => {
        const record = recordAt(output, event);
        const copy = record.value?.toString().replace(/bin\d/, "bin9") as string;
        output.push({ ...withBytes(record, copy), offset: 9_999 });
      },
    ],
    [
      "reordered",
      "two changes of a lane",
      (output, event) => {
        const next = output.indexOf(following(output, event));
        const [a, b] = [recordAt(output, event), recordAt(output, next)];
        [output[event], output[next]] = [
          { ...b, offset: a.offset },
          { ...a, offset: b.offset },
        ];
      },
    ],
    [
      "altered",
      "a byte of the value",
      (output, event) => {
        const record = recordAt(output, event);
        output[event] = withBytes(record, record.value?.toString().replace("xxx", "xxy") as string);
      },
    ],
    ["altered", "the value's end", (output, event) => (output[event] = withBytes(recordAt(output, event), "{}"))],
    ["altered", "the key", (output, event) => (output[event] = { ...recordAt(output, event), key: Buffer.from("k") })],
    ["altered", "the timestamp", (output, event) => (output[event] = { ...recordAt(output, event), timestamp: 1 })],
    ["altered", "a header", (output, event) => (output[event] = { ...recordAt(output, event), headers: [] })],
    [
      "altered",
      "the lane",
      (output, event) => {
        const record = recordAt(output, event);
        output[event] = { ...record, partition: (record.partition + 1) % LANES };
      },
    ],
    [
      "tombstonesMissing",
      "after a delete",
      (output) =>
        void output.splice(
          output.findIndex((r) => !isEvent(r)),
          1,
        ),
    ],
    [
      "duplicated",
      "a tombstone",
      (output) => {
        const at = output.findIndex((record) => !isEvent(record));
        output.splice(at, 0, recordAt(output, at));
      },
    ],
  ])("finds %s: %s", (kind, _, change) => {
    const verdict = judged(wrong(change));
    expect(verdict[kind]).toBeGreaterThan(0);
    expect(isFine(verdict, 100)).toBe(false);
  });

  it("finds what was visible and is gone: the output of a transaction that was aborted", () => {
    const output = right();
    const ghost = { ...recordAt(output, 200), offset: 9_999 };
    const verdict = judged(output, [...output, ghost]);
    expect(verdict).toMatchObject({ ...CLEAN, aborted: 1 });
    expect(isFine(verdict, 100)).toBe(false);
  });

  it("finds what was visible with other bytes than at the end", () => {
    const output = right();
    const seen = output.with(10, withBytes(recordAt(output, 10), "{}"));
    expect(judged(output, seen)).toMatchObject({ ...CLEAN, aborted: 1 });
  });

  it("does not take an empty output, or a stream that stands still, for a good one", () => {
    const audit = new ChaosAudit(LANES);
    expect(isFine(audit.judge(), 100)).toBe(false);
    expect(isFine(judged(right()), null)).toBe(false);
  });

  it("sees pauses, of the whole and of each lane", () => {
    const audit = new ChaosAudit(2);
    const record = (partition: number): Stored[] => [{ ...recordAt(input, 0), partition }];
    audit.saw(record(0), 1_000);
    audit.saw(record(1), 1_500);
    audit.saw([], 1_800);
    audit.saw(record(1), 2_500);
    audit.saw(record(0), 4_000);
    expect(audit.sight()).toMatchObject({
      grownAt: [4_000, 2_500],
      longestPauseMs: 1_500,
      longestLanePauseMs: 3_000,
    });
  });
});
