import { batchOf, type Header, type Outcomes, OutcomesBuilder, passThrough, type Rejection } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { asideOf, REFUSED } from "../src/runtime/prepared.ts";
import { LANE } from "./support.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const POLICY = { tolerance: "all", deadLetterTopic: "dead" } as const;

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
  const rejection: Rejection = { stage, index: 0, cause };
  return { ...passThrough(BATCH), rejected: [rejection] };
}

function letter(
  stage: string,
  cause?: Error,
): { readonly headers: readonly Header[]; readonly text: Record<string, string> } & {
  readonly value: Uint8Array | null;
  readonly timestamp: number;
} {
  const letters = asideOf(BATCH, rejected(stage, cause), POLICY);
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
      stage: "dedup",
      "exception.class.name": "Error",
      "exception.message": "no",
    });
    expect([decoder.decode(value ?? new Uint8Array()), timestamp]).toEqual(["v", 0]);
  });

  it("of refused records leave out what may be the reason, so that they can be sent", () => {
    const { headers, timestamp, value } = letter(REFUSED);
    expect(headers.filter(({ key }) => !key.startsWith("__connect.errors."))).toEqual(HEADERS.slice(0, 1));
    expect(value).toBeNull();
    expect(timestamp).not.toBe(0);
  });

  it("quote a message without its control characters, and not all of a huge one", () => {
    const { text } = letter(REFUSED, new Error(`header "a\0b\u0007" is bad\n${"x".repeat(100_000)}`));
    expect(text["exception.message"]).toMatch(/^header "a b " is bad x+$/);
    expect(text["exception.message"]?.length).toBeLessThanOrEqual(2_000);
  });

  it("are not made without a topic or without rejections", () => {
    expect(asideOf(BATCH, rejected("dedup"), { tolerance: "all" })).toBeNull();
    expect(asideOf(BATCH, passThrough(BATCH), POLICY)).toBeNull();
  });
});

describe("a diverted record", () => {
  it("goes to its topic as it was read, with where it stood and why it was diverted", () => {
    const builder = new OutcomesBuilder("dedup", BATCH);
    builder.divert(0, "shop.late", "late", { source: "b" });
    const aside = asideOf(BATCH, builder.done(), { tolerance: "none" });
    expect(aside?.length).toBe(1);
    expect([aside?.topic(0), aside?.partition(0)]).toEqual(["shop.late", 0]);
    expect(aside?.value(0)).toEqual(BATCH.value(0));
    const headers = Object.fromEntries(
      (aside?.headers(0) ?? []).map(({ key, value }) => [key, String(Buffer.from(value ?? []))]),
    );
    expect(headers).toMatchObject({
      "__connect.errors.offset": String(BATCH.offset(0)),
      "__connect.errors.stage": "dedup",
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
