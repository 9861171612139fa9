import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { batchOf } from "@tandem-cdc/core";
import {
  and,
  type ConfiguredPredicate,
  ConnectRecord,
  javaScript,
  jsonConverter,
  or,
  topicNameMatches,
} from "@tandem-cdc/transforms";
import { describe, expect, it } from "vitest";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const converters = { key: jsonConverter(), value: jsonConverter() };

function recordOf(value: string | null, topic = "shop.orders"): ConnectRecord {
  const headers = [
    { key: "n", value: text("1") },
    { key: "n", value: text("7") },
  ];
  const payload = value === null ? null : text(value);
  const batch = batchOf({ topic, partition: 0 }, [
    { offset: 1, timestamp: 2, key: text("{"), value: payload, headers },
  ]);
  return ConnectRecord.of(batch, 0, converters);
}

const answers = (test: boolean): ConfiguredPredicate => ({ name: String(test), test: () => test });
const never: ConfiguredPredicate = {
  name: "never",
  test: () => {
    throw new Error("asked");
  },
};

describe("predicates of others", () => {
  const record = recordOf(null);

  it("are true where all are, or where one is, and ask no more than they have to", () => {
    expect(and({ predicates: [answers(true), answers(true)] }).test(record)).toBe(true);
    expect(and({ predicates: [answers(false), never] }).test(record)).toBe(false);
    expect(or({ predicates: [answers(true), never] }).test(record)).toBe(true);
    expect(or({ predicates: [answers(false), answers(false)] }).test(record)).toBe(false);
  });

  it("find the others by name, and open them", async () => {
    let opened = 0;
    const named = { ...answers(true), open: () => void opened++ };
    const both = and(
      { predicates: "orders, named" },
      { predicate: (name) => (name === "named" ? named : topicNameMatches({ pattern: "shop\\..*" })) },
    );
    await both.open?.();
    expect(opened).toBe(1);
    expect(both.test(record)).toBe(true);
    expect(both.test(recordOf(null, "other"))).toBe(false);
  });

  it("need one that there is", () => {
    expect(() => and({ predicates: "" })).toThrow(/names no predicate/);
    expect(() => or({ predicates: "x" })).toThrow(/no predicate "x"/);
  });
});

describe("a predicate in JavaScript", () => {
  const asked = (expression: string, record: ConnectRecord): boolean => javaScript({ expression }).test(record);

  it("is an expression over the record, of which it decodes what it names", () => {
    // The key is no JSON.
    expect(asked('topic === "shop.orders" && value?.amount > 100', recordOf('{"amount":101}'))).toBe(true);
    expect(asked("value?.amount > 100", recordOf(null))).toBe(false);
    expect(asked("headers.n === 7 && record.offset === 1", recordOf(null))).toBe(true);
    expect(() => asked("key === 1", recordOf(null))).toThrow(/JSON/);
  });

  it("has to give true or false", () => {
    expect(() => asked("value.amount", recordOf('{"amount":1}'))).toThrow(/has to give true or false, not number/);
    expect(() => javaScript({ expression: "value." })).toThrow(/is no expression/);
    expect(() => javaScript({})).toThrow(/needs an expression or a module/);
    expect(() => javaScript({ expression: "true", module: "x" })).toThrow(/not both/);
  });

  it("is a module's default export, once it is open", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tandem-predicate-"));
    writeFileSync(join(folder, "mine.mjs"), "export default ({ value }) => value.amount > 100;");
    writeFileSync(join(folder, "none.mjs"), "export const other = 1;");
    const mine = javaScript({ module: "./mine.mjs" }, { folder });
    expect(() => mine.test(recordOf('{"amount":101}'))).toThrow(/not open/);
    await mine.open?.();
    expect(mine.test(recordOf('{"amount":101}'))).toBe(true);
    expect(mine.test(recordOf('{"amount":99}'))).toBe(false);
    await expect(javaScript({ module: "none.mjs" }, { folder }).open?.()).rejects.toThrow(/default export/);
    await expect(javaScript({ module: "no.mjs" }, { folder }).open?.()).rejects.toThrow(/cannot be loaded/);
  });
});
