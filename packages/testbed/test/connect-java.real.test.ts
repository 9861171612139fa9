import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { available, connectJava, type ConnectJava, type JavaStep, type WireRecord } from "../src/index.ts";

const { ok } = await available(["connect-java"]);

const record: WireRecord = {
  topic: "t",
  partition: 0,
  timestamp: 5,
  keySchema: null,
  key: null,
  valueSchema: {
    type: "struct",
    optional: false,
    fields: [
      { name: "n", schema: { type: "int64", optional: false } },
      {
        name: "at",
        schema: { type: "int64", optional: true, name: "org.apache.kafka.connect.data.Timestamp", version: 1 },
      },
      { name: "b", schema: { type: "bytes", optional: false, default: { $bytes: "AAE=" } } },
    ],
  },
  value: { n: { $long: "9007199254740993" }, at: { $date: 12 }, b: { $bytes: "/w==" } },
  headers: [{ key: "h", schema: { type: "float64", optional: false }, value: { $double: "NaN" } }],
};

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe.skipIf(!ok)("Connect's own transforms", () => {
  let java: ConnectJava;
  beforeAll(async () => {
    java = await connectJava();
  });
  afterAll(() => java.stop());

  const insert = (config: Record<string, string>): JavaStep => ({
    class: "org.apache.kafka.connect.transforms.InsertField$Value",
    config,
  });
  const named = { class: "org.apache.kafka.connect.transforms.predicates.TopicNameMatches", config: { pattern: "t" } };

  test("a record goes there and back unchanged", async () => {
    const header = { ...record.headers[0], bytes: base64("NaN") };
    expect(await java.ask({ kind: "transform", chain: [], record })).toEqual({
      result: [{ ...record, headers: [header] }],
    });
    const read = await java.ask({
      kind: "transform",
      chain: [],
      record: { ...record, headers: [{ key: "h", bytes: base64("300") }] },
    });
    const int16 = { type: "int16", optional: false };
    expect(read).toMatchObject({ result: [{ headers: [{ schema: int16, value: 300, bytes: base64("300") }] }] });
  });

  test("a transform, a predicate, a chain", async () => {
    const step = insert({ "static.field": "x", "static.value": "y" });
    const answer = await java.ask({ kind: "transform", ...step, record });
    expect(answer).toMatchObject({ result: [{ value: { x: "y", b: { $bytes: "/w==" } } }] });
    expect(await java.ask({ kind: "predicate", ...named, negate: true, record })).toEqual({ result: false });
    const dropped = { class: "org.apache.kafka.connect.transforms.Filter", config: {}, predicate: named };
    expect(await java.ask({ kind: "transform", chain: [step, dropped], record })).toEqual({ result: [] });
  });

  test("a refused configuration and a refused record are told apart", async () => {
    expect(await java.ask({ kind: "transform", ...insert({ "static.field": "x" }), record })).toMatchObject({
      error: { class: "org.apache.kafka.common.config.ConfigException", phase: "configure" },
    });
    const twice = insert({ "static.field": "x", "static.value": "y" });
    expect(
      await java.ask({ kind: "transform", ...twice, record: { ...record, valueSchema: null, value: "text" } }),
    ).toMatchObject({
      error: { class: "org.apache.kafka.connect.errors.DataException", phase: "apply" },
    });
  });

  test("counts records through a chain", async () => {
    const chain = [insert({ "static.field": "x", "static.value": "y" })];
    const plain = { ...record, valueSchema: null, value: { a: "b" }, headers: [] };
    const result = await java.bench({ chain, records: [plain], count: 100, json: { schemas: true } });
    expect(result).toMatchObject({ records: 100, emitted: 100 });
  });
});
