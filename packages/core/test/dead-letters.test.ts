import { describe, expect, it } from "vitest";
// The sources all through: a record view is a class of its own in each build.
import { batchOf, type Header, RecordView } from "../src/batch.ts";
import { chain } from "../src/chain.ts";
import { TandemError, TransactionError } from "../src/errors.ts";
import { type Outcomes, OutcomesBuilder, passThrough, type Rejection } from "../src/outcomes.ts";
import { asideOf, REFUSED } from "../src/runtime/dead-letters.ts";
import type { ErrorPolicy } from "../src/runtime/pipeline.ts";
import type { Transform } from "../src/transform.ts";
import { context, LANE } from "./support.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const POLICY = { tolerance: "all", deadLetterTopic: "dead" } as const;
const written = (policy: ErrorPolicy): { readonly pipeline: string; readonly policy: ErrorPolicy } => ({
  pipeline: "shop",
  policy,
});

const HEADERS: readonly Header[] = [
  { key: "connector", value: encoder.encode("ž") },
  { key: "nul", value: Uint8Array.from([65, 0, 66]) },
  { key: "binary", value: Uint8Array.from([0xff]) },
  { key: "null", value: null },
  { key: "__proto__", value: encoder.encode("x") },
  { key: "a\0b", value: encoder.encode("x") },
];
const BATCH = batchOf(LANE, [
  { offset: 7, timestamp: 0, key: encoder.encode("k"), value: encoder.encode("v"), headers: HEADERS },
]);

function rejected(stage: string, cause = new Error("no")): Outcomes {
  const rejection: Rejection = { stage, index: 0, cause, ...(stage === REFUSED ? { refused: true } : {}) };
  return { ...passThrough(BATCH), rejected: [rejection] };
}

function letter(
  stage: string,
  cause?: Error,
  policy: ErrorPolicy = POLICY,
): { readonly headers: readonly Header[]; readonly text: Record<string, string> } & {
  readonly value: Uint8Array | null;
  readonly timestamp: number;
} {
  const letters = asideOf(BATCH, rejected(stage, cause), written(policy));
  if (letters === null) throw new Error("there is no dead letter");
  const headers = letters.headers(0);
  const text = Object.fromEntries(
    headers.map(({ key, value }) => [key.replace("__connect.errors.", ""), decoder.decode(value ?? new Uint8Array())]),
  );
  return { headers, text, value: letters.value(0), timestamp: letters.timestamp(0) };
}

describe("dead letters", () => {
  it("hold the record as it was read, with the context behind its headers", () => {
    const { headers, text, timestamp, value } = letter("dedup");
    expect(headers.slice(0, HEADERS.length)).toEqual(HEADERS);
    expect(text).toMatchObject({
      topic: LANE.topic,
      partition: "3",
      offset: "7",
      "connector.name": "shop",
      "task.id": "0",
      stage: "TRANSFORMATION",
      "class.name": "dedup",
      "exception.class.name": "Error",
      "exception.message": "no",
      "exception.stacktrace": expect.stringMatching(/^Error: no\n +at /),
      "tandem.stage": "dedup",
      "tandem.code": "RECORD_REJECTED",
      "tandem.attempts": "1",
    });
    expect([decoder.decode(value ?? new Uint8Array()), timestamp]).toEqual(["v", 0]);
  });

  it("of refused records leave out what may be the reason, so that they can be sent", () => {
    const { headers, text, timestamp, value } = letter(REFUSED);
    expect(headers.filter(({ key }) => !/^(__connect|tandem)\./.test(key))).toEqual(HEADERS.slice(0, 1));
    expect(text).toMatchObject({ stage: "KAFKA_PRODUCE", "tandem.stage": "output", "tandem.refused": "true" });
    expect(value).toBeNull();
    expect(timestamp).not.toBe(0);
  });

  it("quote a message without its control characters, and not all of a huge one", () => {
    const { text } = letter(REFUSED, new Error(`header "a\0b\u0007" is bad\n${"x".repeat(100_000)}`));
    expect(text["exception.message"]).toMatch(/^header "a b " is bad x+$/);
    expect(text["exception.message"]?.length).toBeLessThanOrEqual(2_000);
  });

  it("name the code of what is behind a transaction that was refused", () => {
    const header = new TandemError("HEADER_NOT_REPRESENTABLE", "no");
    expect(letter("t", header).text["tandem.code"]).toBe("HEADER_NOT_REPRESENTABLE");
    const refused = new TransactionError("abortable", "no", { cause: header });
    expect(letter(REFUSED, refused).text["tandem.code"]).toBe("HEADER_NOT_REPRESENTABLE");
    expect(letter(REFUSED, new TransactionError("abortable", "no")).text["tandem.code"]).toBe("RECORD_POISON");
  });

  it("go without context where that is not wanted, and under the name that is", () => {
    expect(letter("dedup", undefined, { ...POLICY, deadLetterHeaders: false }).headers).toEqual(HEADERS);
    const reporter = { name: "other", task: "7" };
    expect(letter("dedup", undefined, { ...POLICY, reporter }).text).toMatchObject({
      "connector.name": "other",
      "task.id": "7",
    });
  });

  it("hold the record as the stage that rejected it received it", async () => {
    const moving: Transform = {
      name: "moving",
      apply(batch) {
        const builder = new OutcomesBuilder("moving", batch);
        builder.replace(0, [{}, { topic: "elsewhere", value: null }]);
        return builder.done();
      },
    };
    const picky: Transform = {
      name: "picky",
      apply(batch) {
        const builder = new OutcomesBuilder("picky", batch);
        builder.reject(1, new Error("no"));
        return builder.done();
      },
    };
    const outcomes = await chain([moving, picky]).apply(BATCH, context());
    const letters = asideOf(BATCH, outcomes, written(POLICY));
    expect([outcomes.next.length, letters?.length, letters?.value(0)]).toEqual([1, 1, null]);
    const text = Object.fromEntries(
      (letters?.headers(0) ?? []).map(({ key, value }) => [key, decoder.decode(value ?? new Uint8Array())]),
    );
    expect(text).toMatchObject({
      "__connect.errors.topic": LANE.topic,
      "tandem.stage": "picky",
      "tandem.resume": "picky",
      "tandem.topic": "elsewhere",
      "tandem.partition": "3",
    });
  });

  it("of redriven letters are letters of the record behind them", () => {
    const record = new RecordView(
      batchOf({ topic: "in", partition: 2 }, [{ offset: 99, timestamp: 5, key: null, value: encoder.encode("w") }]),
      0,
    );
    const { text, timestamp, value } = letter("t", undefined, {
      ...POLICY,
      redriven: () => ({ record, attempts: 2, resumeAt: "first" }),
    });
    expect(text).toMatchObject({ topic: "in", partition: "2", offset: "99" });
    expect(text).toMatchObject({ "tandem.attempts": "3", "tandem.resume": "first" });
    expect([decoder.decode(value ?? new Uint8Array()), timestamp]).toEqual(["w", 5]);
  });

  it("are not made without a topic or without rejections", () => {
    expect(asideOf(BATCH, rejected("dedup"), written({ tolerance: "all" }))).toBeNull();
    expect(asideOf(BATCH, passThrough(BATCH), written(POLICY))).toBeNull();
  });
});

describe("a diverted record", () => {
  it("goes to its topic as it was read, with where it stood and why it was diverted", () => {
    const builder = new OutcomesBuilder("dedup", BATCH);
    builder.divert(0, "shop.late", "late", { source: "b" });
    const aside = asideOf(BATCH, builder.done(), written({ tolerance: "none" }));
    expect(aside?.length).toBe(1);
    expect([aside?.topic(0), aside?.partition(0)]).toEqual(["shop.late", 0]);
    expect(aside?.value(0)).toEqual(BATCH.value(0));
    const headers = Object.fromEntries(
      (aside?.headers(0) ?? []).map(({ key, value }) => [key, String(Buffer.from(value ?? []))]),
    );
    expect(headers).toMatchObject({
      "__connect.errors.offset": String(BATCH.offset(0)),
      "tandem.stage": "dedup",
      "tandem.reason": "late",
      "tandem.source": "b",
    });
  });

  it("leaves the stream, and counts as dropped", () => {
    const builder = new OutcomesBuilder("dedup", BATCH);
    builder.divert(0, "shop.late", "late");
    const { diverted, dropped, next } = builder.done();
    expect(next.length).toBe(BATCH.length - 1);
    expect(dropped).toEqual([{ stage: "dedup", reason: "late", count: 1 }]);
    expect(diverted).toEqual([{ stage: "dedup", index: 0, topic: "shop.late", reason: "late", context: {} }]);
  });
});
