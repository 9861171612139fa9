import type { ReadRecord } from "@tandem-cdc/kafka";
import { describe, expect, it } from "vitest";
import { Checker, type Findings } from "../src/quickstart/checker.ts";
import { type Change, eventOf, history } from "../src/quickstart/history.ts";

const encoder = new TextEncoder();
const CHANGES = history(2_000, 4);

/** What a pipeline without a fault puts out for a change: the change, and a tombstone after a delete. */
function output(change: Change): ReadRecord[] {
  const record = {
    topic: "dedup.cdc.shop.orders",
    partition: change.partition,
    offset: change.number,
    timestamp: 0,
    key: encoder.encode(change.key),
  };
  const event = { ...record, value: encoder.encode(eventOf(change, change.number % 2 === 0 ? "a" : "b", 1)) };
  return change.op === "d" ? [event, { ...record, value: null }] : [event];
}

function judge(records: readonly ReadRecord[]): Findings {
  const checker = new Checker(CHANGES);
  for (const record of records) checker.add(record);
  return checker.findings();
}

const good = CHANGES.flatMap(output);
const CLEAN = {
  emitted: 2_000,
  tombstones: CHANGES.filter(({ op }) => op === "d").length,
  lost: 0,
  duplicated: 0,
  reordered: 0,
};

function indexOf(test: (change: Change) => boolean): number {
  const at = CHANGES.find((change) => change.number > 100 && test(change));
  const key = at === undefined ? -1 : good.findIndex(({ offset }) => offset === at.number);
  expect(key).toBeGreaterThan(0);
  return key;
}

const update = indexOf(({ op }) => op === "u");
const remove = indexOf(({ op }) => op === "d");

describe("the checker", () => {
  it("finds nothing in what is right", () => {
    expect(judge(good)).toEqual(CLEAN);
  });
  it("finds a change that is missing", () => {
    expect(judge(good.toSpliced(update, 1))).toMatchObject({ lost: 1, duplicated: 0, reordered: 0 });
  });
  it("finds a change that came twice", () => {
    const twice = good[update];
    expect(judge([...good, ...(twice === undefined ? [] : [twice])])).toMatchObject({
      lost: 0,
      duplicated: 1,
      reordered: 0,
    });
  });
  it("finds a change that came too late", () => {
    expect(judge([...good.toSpliced(update, 1), ...good.slice(update, update + 1)])).toMatchObject({
      lost: 0,
      duplicated: 0,
      reordered: 1,
    });
  });
  it("finds a change in another partition", () => {
    const moved = good.map((record, i) =>
      i === update ? { ...record, partition: (record.partition + 1) % 4 } : record,
    );
    expect(judge(moved)).toMatchObject({ lost: 1, duplicated: 1 });
  });
  it("finds a change whose content is not the history's", () => {
    const wrong = good.map((record, i) =>
      i === update
        ? {
            ...record,
            value: encoder.encode(new TextDecoder().decode(record.value ?? undefined).replace('"paid"', '"lost"')),
          }
        : record,
    );
    expect(judge(wrong)).toMatchObject({ lost: 1, duplicated: 1 });
  });
  it("finds a delete without its tombstone", () => {
    expect(judge(good.toSpliced(remove + 1, 1))).toMatchObject({ lost: 1, tombstones: CLEAN.tombstones - 1 });
  });
  it("finds a tombstone that belongs to nothing", () => {
    const tombstone = good[remove + 1];
    expect(judge([...good, ...(tombstone === undefined ? [] : [tombstone])])).toMatchObject({ duplicated: 1 });
  });
  it("tells equal changes of one transaction apart by counting them", () => {
    const equal = CHANGES.filter(({ after }) => after?.includes('"S1"') === true);
    const [first, second] = equal.filter(({ transaction }) => transaction === equal[0]?.transaction);
    expect([first?.row, second?.row]).toEqual([0, 2]);
    const at = good.findIndex(({ offset }) => offset === second?.number);
    expect(judge(good.toSpliced(at, 1))).toMatchObject({ lost: 1 });
  });
});
