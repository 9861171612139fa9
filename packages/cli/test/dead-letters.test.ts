import { batchOf, type Header } from "@tandem-cdc/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choice, named } from "../src/dead-letters/choice.ts";
import { DoneLetters } from "../src/dead-letters/done-letters.ts";
import { type Letter, letterId, letterOf } from "../src/dead-letters/letter.ts";
import { letterContents, letterLine } from "../src/dead-letters/letter-text.ts";
import { routeOf } from "../src/dead-letters/route.ts";
import { least, parse, put } from "./support.ts";

const encoder = new TextEncoder();

/** A letter with these headers behind the record's own. */
function letter(told: Record<string, string> = {}, value: Uint8Array | null = encoder.encode('{"id":1}')): Letter {
  const context = { "__connect.errors.topic": "t", "__connect.errors.partition": "1", "__connect.errors.offset": "9" };
  const headers: Header[] = Object.entries({
    own: "x",
    ...context,
    "__connect.errors.connector.name": "orders",
    "tandem.stage": "mask",
    "tandem.resume": "transforms.mask",
    ...told,
  }).map(([key, text]) => ({ key, value: encoder.encode(text) }));
  const batch = batchOf({ topic: "dead", partition: 0 }, [{ offset: 3, timestamp: 5, key: null, value, headers }]);
  return letterOf(batch, 0);
}

describe("a dead letter", () => {
  it("is its record, at its own coordinate and with its own headers", () => {
    const { attempts, record, stage } = letter({ "tandem.attempts": "2" });
    expect(record).toMatchObject({ lane: { topic: "t", partition: 1 }, offset: 9, topic: "t", timestamp: 5 });
    expect(record?.headers.map(({ key }) => key)).toEqual(["own"]);
    expect([attempts, stage]).toEqual([2, "mask"]);
  });

  it("of a record that was rerouted goes where it was to go", () => {
    expect(letter({ "tandem.topic": "elsewhere", "tandem.partition": "4" }).record).toMatchObject({
      lane: { topic: "t", partition: 1 },
      topic: "elsewhere",
      partition: 4,
    });
  });

  it("of a record that was a dead letter itself holds that letter's headers", () => {
    const once = letter();
    const headers = [...once.stored.headers, ...once.stored.headers.slice(1)];
    const batch = batchOf(once.lane, [{ offset: 4, timestamp: 5, key: null, value: null, headers }]);
    expect(letterOf(batch, 0).record?.headers).toEqual(once.stored.headers);
  });

  it("without context is nobody's", () => {
    const batch = batchOf({ topic: "dead", partition: 0 }, [{ offset: 0, timestamp: 0, key: null, value: null }]);
    expect(letterOf(batch, 0)).toMatchObject({ record: null, pipeline: "", attempts: 0 });
  });
});

describe("a letter's way", () => {
  const routing = {
    pipeline: "orders",
    first: "dedup",
    later: ["transforms.a", "mask"],
    diverged: false,
    unclaimed: false,
  };
  it.each<[string, Record<string, string>, unknown]>([
    ["is from the stage that it was in", { "tandem.resume": "mask" }, { from: { later: 1 }, fromInput: false }],
    ["begins with its claim where it has none", { "tandem.resume": "dedup" }, { from: "claimed", fromInput: false }],
    ["is the whole way where it was late", { "tandem.reason": "late" }, { from: "emitted", fromInput: false }],
    [
      "begins with the input's record where the letter has no value",
      { "tandem.resume": "mask", "tandem.refused": "true" },
      { from: "emitted", fromInput: true },
    ],
    ["begins with both", { "tandem.resume": "dedup", "tandem.refused": "true" }, { from: "claimed", fromInput: true }],
    ["is barred to a copy", { "tandem.reason": "divergence" }, expect.stringContaining("--diverged")],
    ["is barred to a refused copy", { "tandem.reason": "divergence", "tandem.refused": "true" }, expect.any(String)],
    ["is unknown without its stage", { "tandem.resume": "gone" }, expect.stringContaining("not in this configuration")],
    ["is another pipeline's", { "__connect.errors.connector.name": "other" }, "it belongs to pipeline other"],
  ])("%s", (_, told, way) => {
    expect(routeOf(letter(told), routing)).toEqual(way);
  });

  it("may be without a claim, or a copy's, where somebody says so", () => {
    expect(routeOf(letter({ "tandem.resume": "dedup" }), { ...routing, unclaimed: true })).toMatchObject({
      from: "emitted",
    });
    expect(routeOf(letter({ "tandem.reason": "divergence" }), { ...routing, diverged: true })).toMatchObject({
      from: "emitted",
    });
  });

  it("is the only one that there is, whatever that is called", () => {
    expect(routeOf(letter(), { ...routing, later: ["transforms.renamed"] })).toEqual({
      from: { later: 0 },
      fromInput: false,
    });
  });
});

describe("the letters that are dealt with", () => {
  it("are those that were, over any number of runs that each begin where they like and may be cut off", () => {
    const run = fc.record({
      from: fc.nat(20),
      lost: fc.nat(5),
      letters: fc.array(fc.boolean(), { maxLength: 20 }),
      committed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 8 }), (runs) => {
        let state: ReturnType<DoneLetters["state"]> | undefined;
        let known = new Set<number>();
        let logStart = 0;
        for (const { committed, from, letters, lost } of runs) {
          logStart += lost;
          const begin = Math.max(from, logStart);
          const done = new DoneLetters(state, { from: begin, logStart });
          const now = new Set([...known].filter((offset) => offset >= logStart));
          for (const [i, chosen] of letters.entries()) {
            const offset = begin + i;
            expect(done.has(offset)).toBe(now.has(offset));
            done.pass(offset, done.has(offset) || chosen);
            if (chosen) now.add(offset);
          }
          if (!committed) continue;
          state = done.state();
          known = now;
        }
        const end = new DoneLetters(state);
        for (let offset = logStart; offset < 60; offset++) expect(end.has(offset)).toBe(known.has(offset));
      }),
    );
  });

  it("share a range where they lie next to each other", () => {
    const done = new DoneLetters([[4, 5]]);
    // Between them are marks of transactions.
    for (const offset of [0, 2, 4, 6]) done.pass(offset, true);
    done.pass(8, false);
    done.pass(9, true);
    expect(done.state()).toEqual([
      [0, 7],
      [9, 10],
    ]);
  });
});

describe("letters are chosen", () => {
  const config = parse(least((c) => put(c, ["errors"], { deadLetter: { topic: "dead" } }))).config;

  it("by stage, code, topic and time", () => {
    const late = letter({ "tandem.reason": "late", "tandem.code": "" });
    const now = 100_000;
    const fits = (options: Parameters<typeof choice>[0]): boolean => choice(options, now)(late);
    expect([{}, { stage: "mask" }, { code: "late" }, { topic: "t" }, { since: "all" }].map(fits)).not.toContain(false);
    expect([{ stage: "dedup" }, { code: "X" }, { topic: "u" }, { since: "1s" }].map(fits)).not.toContain(true);
  });

  it("by name, of the dead letter topic where none is named", () => {
    expect([...named(["0:7", "0@8", "shop.late-2@9"], config)]).toEqual(["dead-0@7", "dead-0@8", "shop.late-2@9"]);
    expect([...named(["1:2"], parse(least()).config)]).toEqual(["orders.late-1@2"]);
    for (const wrong of ["", "dead", "dead@1", "dead-0", "dead-0@x"])
      expect(() => named([wrong], config)).toThrow("names no dead letter");
  });
});

describe("a letter is told", () => {
  const config = parse(least()).config;
  const { signal } = new AbortController();

  it("in one line", () => {
    const told = {
      "tandem.code": "RECORD_REJECTED",
      "tandem.attempts": "2",
      "__connect.errors.exception.message": "no",
    };
    expect(letterLine({ letter: letter(told), done: true })).toBe(
      "dead-0@3  of t-1@9  mask RECORD_REJECTED  (tried 2 times, redriven)  no",
    );
    expect(letterId(letter())).toBe("dead-0@3");
  });

  it.each<[string, Uint8Array | null, unknown]>([
    ["JSON as it is", encoder.encode('{"id":1,"a":[null]}'), { id: 1, a: [null] }],
    ["numbers without loss", encoder.encode('{"id":12345678901234567890}'), '{"id":12345678901234567890}'],
    ["text as it is", encoder.encode("plain"), "plain"],
    ["other bytes in hexadecimal digits", Uint8Array.of(0xff, 0, 1), "0xff0001"],
    ["no value as none", null, null],
  ])("with %s", async (_, value, shown) => {
    expect(await letterContents({ letter: letter({}, value), done: false }, config, signal)).toMatchObject({
      value: shown,
      key: null,
      headers: [{ key: "own", value: "x" }],
      context: { "tandem.stage": "mask" },
    });
  });
});
