import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { liftProperties } from "../src/config/transforms/properties.ts";
import { configurationJsonSchema, jsonSchemaText } from "../src/config/json-schema.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const check = new Ajv({ strict: false, allowUnionTypes: true }).compile(configurationJsonSchema());

function errors(document: unknown): readonly string[] {
  return check(document)
    ? []
    : (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`);
}

it("is the file that is published (npm run docs)", () => {
  expect(readFileSync(join(ROOT, "packages/cli/tandem.schema.json"), "utf8")).toBe(jsonSchemaText());
});

it("takes every configuration of the documentation", () => {
  const pages = execFileSync("git", ["ls-files", "*.md"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
  const block = /<!-- checked: a valid configuration -->\n```\w+\n([\s\S]*?)```/g;
  const texts = pages.flatMap((page) =>
    [...readFileSync(join(ROOT, page), "utf8").matchAll(block)].map((m) => m[1] ?? ""),
  );
  texts.push(readFileSync(join(ROOT, "packages/cli/test/fixtures/every-key.yaml"), "utf8"));
  expect(texts.length).toBeGreaterThan(10);
  for (const text of texts) expect(errors(parseYaml(liftProperties(text).text)), text).toEqual([]);
});

const LEAST = { name: "a", kafka: { "bootstrap.servers": "127.0.0.1:9092" }, input: { topics: ["t"] } };

it.each([
  ["our list", { transforms: [{ type: "HoistField$Key", field: "a", predicate: "p", negate: true }] }],
  ["modules of one's own", { transforms: [{ type: "./mine.js", anything: [1] }] }],
  ["Connect's keys", { transforms: "a", "transforms.a.type": "HoistField", "transforms.a.field": "f" }],
  ["predicates", { predicates: { p: { type: "TopicNameMatches", pattern: "a" } } }],
])("takes transforms as %s", (_, given) => {
  expect(errors({ ...LEAST, ...given })).toEqual([]);
});

it.each([
  ["an unknown key", { nme: "a" }],
  ["an unknown key of a group", { commit: { minInterval: 1 } }],
  ["a word that is none", { errors: { tolerance: "some" } }],
  ["a transform without a type", { transforms: [{ field: "a" }] }],
  ["a negate that is none", { transforms: [{ type: "HoistField", field: "a", negate: 3 }] }],
])("refuses %s", (_, given) => {
  expect(errors({ ...LEAST, ...given })).not.toEqual([]);
});
