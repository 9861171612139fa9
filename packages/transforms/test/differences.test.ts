import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { jsonConverter, option, PREDICATES, TRANSFORMS } from "@tandem-cdc/transforms";
import { headerData } from "../src/header-data.ts";
import { DIFFERENCES } from "../src/differences.ts";

const HERE = new URL(".", import.meta.url);
const ids = DIFFERENCES.map(({ id }) => id);

it("differences have names of their own, and are of transforms that exist", () => {
  expect(new Set(ids).size).toBe(ids.length);
  const known = [...TRANSFORMS, ...PREDICATES].map(({ type }) => type);
  expect(DIFFERENCES.map(({ transform }) => transform).filter((each) => each !== "*" && !known.includes(each))).toEqual(
    [],
  );
});

it("every difference is shown by a test that names it", () => {
  const tests = readdirSync(HERE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const told = tests.map((name) => readFileSync(new URL(name, HERE), "utf8")).join("\n");
  expect(ids.filter((id) => !told.includes(id))).toEqual([]);
});

it("differences of all transforms", () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  // empty-list-elements
  expect(option.list().parse("a, ,b,")).toEqual(["a", "b"]);
  // whole-numbers
  expect(jsonConverter().toConnectData(bytes("1.0"), { topic: "t", part: "value" })).toEqual({
    schema: null,
    value: 1,
  });
  // dates-in-utc
  expect(headerData(bytes("2026-11-25")).value).toEqual(new Date(Date.UTC(2026, 10, 25)));
  // regular-expressions
  expect(option.pattern().safeParse("a++").success).toBe(false);
});
