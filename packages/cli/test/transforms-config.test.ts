import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../src/config/load.ts";
import type { ConfigError } from "../src/config/problem.ts";
import { stepsOf } from "../src/run/steps.ts";

const BASE = `name: orders
kafka:
  bootstrap.servers: 127.0.0.1:9092
input:
  topics: [shop.orders]
`;

const load = (text: string) => parseConfig(BASE + text, "tandem.yaml", {}).config;

function problems(text: string): readonly string[] {
  try {
    load(text);
    return [];
  } catch (thrown) {
    return (thrown as ConfigError).problems.map(({ key, message }) => `${key}: ${message}`);
  }
}

const OURS = `
transforms:
  - name: wrap
    type: HoistField$Key
    field: id
    predicate: isOrder
    negate: true
  - { type: HoistField, field: it }
predicates:
  isOrder: { type: TopicNameMatches, pattern: shop.* }
`;

const PASTED = `
transforms=wrap, hoistField
transforms.wrap.type=org.apache.kafka.connect.transforms.HoistField$Key
transforms.wrap.field=id
transforms.wrap.predicate=isOrder
transforms.wrap.negate=true
transforms.hoistField.type=org.apache.kafka.connect.transforms.HoistField$Value
transforms.hoistField.field = \\
   it
predicates=isOrder
predicates.isOrder.type=org.apache.kafka.connect.transforms.predicates.TopicNameMatches
predicates.isOrder.pattern=shop.*
errors.tolerance=all
errors.deadletterqueue.topic.name=orders.dead
`;

const FLAT = `
transforms: wrap,hoistField
transforms.wrap.type: HoistField$Key
transforms.wrap.field: id
transforms.wrap.predicate: isOrder
transforms.wrap.negate: "true"
transforms.hoistField.type: HoistField$Value
transforms.hoistField.field: it
predicates: isOrder
predicates.isOrder.type: TopicNameMatches
predicates.isOrder.pattern: shop.*
`;

const block = (text: string): string =>
  `transforms: |\n${text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n")}\n`;

describe("transforms in a configuration", () => {
  it.each([
    ["our list", OURS],
    ["Connect's properties, pasted", PASTED],
    ["Connect's properties as keys", FLAT],
    ["a block of properties", block(PASTED)],
  ])("are taken as %s", async (_, text) => {
    const config = load(text);
    expect(config.transforms).toMatchObject([
      { name: "wrap", found: { part: "key" }, options: { field: "id" }, predicate: "isOrder", negate: true },
      { name: "hoistField", options: { field: "it" }, negate: false },
    ]);
    const steps = await stepsOf(config, "tandem.yaml");
    expect(steps).toMatchObject([
      { name: "wrap", negate: true, predicate: { name: "isOrder" } },
      { name: "hoistField" },
    ]);
  });

  it("may name the error policy as Connect does", () => {
    expect(load(PASTED).errors).toMatchObject({ tolerance: "all", deadLetter: { topic: "orders.dead" } });
    expect(problems("errors.tolerence=all")).toEqual([expect.stringContaining("errors.tolerence: is no property")]);
  });

  it("keep words of Connect's and Debezium's own in ${...}, however they are given", () => {
    const pasted = load(
      "transforms=a,b\n! a comment of properties\ntransforms.a.type=TimestampRouter\ntransforms.a.topic.format=${topic}-${timestamp}\n" +
        "transforms.b.type=io.debezium.transforms.outbox.EventRouter\ntransforms.b.route.topic.replacement=${routedByValue}.events",
    );
    expect(pasted.transforms.map(({ options }) => options)).toEqual([
      { "topic.format": "${topic}-${timestamp}" },
      { "route.topic.replacement": "${routedByValue}.events" },
    ]);
    expect(load('transforms: [{ type: TimestampRouter, topic.format: "${topic}.x" }]').transforms).toMatchObject([
      { options: { "topic.format": "${topic}.x" } },
    ]);
    // References stay references.
    expect(problems('transforms: [{ type: HoistField, field: "${env:NONE}" }]')).toEqual([
      expect.stringContaining("environment variable NONE is not set"),
    ]);
  });

  it("are told from a connector's other properties", () => {
    expect(problems("tasks.max=1\ntransforms=a\ntransforms.a.type=Filter")).toEqual([
      expect.stringContaining("only transforms, predicates and errors"),
    ]);
    expect(problems("  transforms=a\n  transforms.a.type=Filter")).toContainEqual(
      expect.stringContaining("begin at the first column"),
    );
  });

  it("say where something is wrong", () => {
    expect(problems("transforms: [{ type: HoistField }]")).toEqual([
      expect.stringContaining("transforms[0].field: is missing"),
    ]);
    expect(problems("transforms: [{ type: HoistField, field: a, feild: b }]")).toEqual([
      expect.stringContaining("transforms[0].feild: is no option of HoistField; known: field"),
    ]);
    expect(problems("transforms: [{ type: org.apache.kafka.connect.transforms.HostField$Value, field: a }]")).toEqual([
      expect.stringContaining("did you mean HoistField"),
    ]);
    expect(problems("transforms: [{ type: HoistField, field: a, predicate: x }]")).toEqual([
      expect.stringContaining("transforms[0].predicate: names no predicate"),
    ]);
    expect(problems("transforms=a\ntransforms.a.type=HoistField\ntransforms.a.field=x\ntransforms.b.type=Y")).toEqual([
      expect.stringContaining('transforms.b.type: belongs to no name of "transforms" (a)'),
    ]);
    expect(problems("transforms: [{ type: HoistField, field: a, name: dedup }]")).toEqual([
      expect.stringContaining("transforms[0].name"),
    ]);
  });

  it("come from modules of one's own, whose options are checked", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tandem-own-"));
    const module = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    module(
      "mine.mjs",
      `const definition = (options, step) => {
         if (options.bad) throw Object.assign(new Error("options are bad"), {});
         return { name: step.name, transform: (record) => record };
       };
       export default Object.assign(definition, { kind: "transform", type: "Mine", options: {}, aliases: [] });`,
    );
    module("not.mjs", "export default 1;");
    const file = join(folder, "tandem.yaml");
    const of = (type: string) => stepsOf(load(`transforms: [{ type: "${type}" }]`), file);
    expect(await of("./mine.mjs")).toMatchObject([{ name: "mine" }]);
    await expect(of("./not.mjs")).rejects.toThrow(/transforms\[0\].type: .*defineTransform/);
    await expect(of("./none.mjs")).rejects.toThrow(/there is no file/);
  });
});
