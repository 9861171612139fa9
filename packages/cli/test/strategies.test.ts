import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { IdentityStrategy } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../src/index.ts";
import { type Strategies, strategiesOf } from "../src/run/strategies.ts";
import { file, least, parse, put, type Tree } from "./support.ts";

/** The strategies of a configuration, beside which these modules lie. */
async function strategies(
  identity: Tree[string],
  change: (c: Tree) => void = () => undefined,
  modules: Record<string, string> = {},
): Promise<Strategies> {
  const text = least((c) => [put(c, ["dedup", "identity"], identity), change(c)]);
  const path = file(text, "tandem.json");
  for (const [name, source] of Object.entries(modules)) writeFileSync(join(dirname(path), name), source);
  return strategiesOf(parse(text).config, path);
}

function named({ name, version }: IdentityStrategy): string {
  return `${name} ${version}`;
}

const MINE = 'export default ({ name = "mine" }) => ({ name, version: 3, openLane() {} });';

describe("the strategies of a configuration", () => {
  it.each<[Tree[string], RegExp]>([
    ["debezium", /^debezium 1$/],
    ["content", /^content-value 1$/],
    [{ use: "content", part: "after", except: ["updated_at"] }, /^content-after 1$/],
    [{ use: "fields", fields: ["key", "id"] }, /^fields 1$/],
    [{ use: "header", header: "id" }, /^header 1$/],
    ["pass", /^pass 1$/],
    ["ignore", /^ignore 1$/],
  ])("%j", async (identity, name) => {
    expect(named((await strategies(identity)).identity)).toMatch(name);
  });

  it("without topics a single rule is the strategy itself, so that its claims stay what they are", async () => {
    const { identity } = await strategies({ use: "debezium" }, (c) => put(c, ["dedup", "sources"], { header: "x" }));
    expect(named(identity)).toBe("debezium-sources 1");
    expect(named((await strategies([{ use: "debezium" }])).identity)).toBe("debezium 1");
  });

  it("of several rules, the first that matches a topic is in force", async () => {
    const { identity } = await strategies([
      { topics: ["/^__debezium-heartbeat/"], use: "ignore" },
      { topics: ["cdc.audit", "/^cdc\\.shop/"], use: "pass" },
      { use: "debezium" },
    ]);
    const of = (topic: string): string => named(identity.forTopic?.(topic) ?? identity);
    expect(["__debezium-heartbeat.cdc", "cdc.audit", "cdc.shop.orders", "cdc.other"].map((topic) => of(topic))).toEqual(
      ["ignore 1", "pass 1", "pass 1", "debezium 1"],
    );
  });

  it("a topic that only an expression reads, and no rule, is refused when it comes", async () => {
    const { identity } = await strategies([{ topics: ["cdc.a"], use: "debezium" }], (c) =>
      put(c, ["input", "topics"], ["cdc.a", "/^cdc/"]),
    );
    expect(() => identity.forTopic?.("cdc.b")).toThrow(/no identity rule is for topic "cdc.b"/);
  });

  it("a shadow is made like a rule", async () => {
    const made = await strategies("debezium", (c) => put(c, ["dedup", "shadow"], { use: "header", header: "id" }));
    expect(made.shadow && named(made.shadow)).toBe("header 1");
    expect((await strategies("debezium")).shadow).toBeUndefined();
  });
});

describe("an identity of your own", () => {
  it("is what a module makes of its options, or exports", async () => {
    const own = await strategies({ use: "./mine.mjs", name: "yours" }, undefined, { "mine.mjs": MINE });
    expect(named(own.identity)).toBe("yours 3");
    const plain = await strategies("./plain.mjs", undefined, {
      "plain.mjs": 'export default { name: "plain", version: 1, openLane() {} };',
    });
    expect(named(plain.identity)).toBe("plain 1");
  });

  it("is a package too, also one that may only be imported", async () => {
    const of = async (manifest: string): Promise<Strategies> => {
      const path = file(
        least((c) => put(c, ["dedup", "identity"], { use: "mine", name: "packed" })),
        "tandem.json",
      );
      const folder = join(dirname(path), "node_modules", "mine");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "package.json"), manifest);
      writeFileSync(join(folder, "i.mjs"), MINE);
      return strategiesOf(loadConfig(path, {}).config, path);
    };
    for (const manifest of [
      { main: "i.mjs" },
      { exports: "./i.mjs" },
      { exports: { import: "./i.mjs" } },
      { exports: { ".": { import: { types: "./i.d.ts", default: "./i.mjs" } } } },
    ])
      expect(named((await of(JSON.stringify(manifest))).identity)).toBe("packed 3");
    await expect(of('{"exports":{"./other":"./i.mjs"}}')).rejects.toThrow(/exports nothing as its main module/);
    await expect(of('{"main":"./none.js"}')).rejects.toThrow(/valid "main" entry/);
  });

  it.each([
    ["", /"\.\/mine\.mjs" cannot be loaded as an identity strategy: there is no file/],
    ["export const a = 1;", /no default export that is a strategy, or a function that makes one/],
    ['export default () => ({ name: "x", version: 1.5, openLane() {} });', /has to be an IdentityStrategy/],
    ["export default { name: 1 };", /no default export that is a strategy/],
  ])("is refused where it is none: %j", async (source, message) => {
    const made = strategies("./mine.mjs", undefined, source === "" ? {} : { "mine.mjs": source });
    await expect(made).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(message) });
    await expect(made).rejects.toThrow(/^dedup\.identity: /);
  });
});
