import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../src/index.ts";
import { file, least, parse, problems, problemsOf, put, type Tree } from "./support.ts";

/** A package beside the configuration. */
function installed(config: string, name: string): void {
  const folder = join(dirname(config), "node_modules", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "index.js"), "module.exports = {};");
}

function identityOf(value: Tree[string], inputs: readonly string[] = ["cdc.shop.orders"]): unknown {
  return parse(withIdentity(value, inputs)).config.dedup.identity;
}

function withIdentity(value: Tree[string], inputs: readonly string[] = ["cdc.shop.orders"]): string {
  return least((c) => [put(c, ["dedup", "identity"], value), put(c, ["input", "topics"], inputs)]);
}

const wrong = (value: Tree[string], inputs?: readonly string[]): string[] => problems(withIdentity(value, inputs));

describe("dedup.identity", () => {
  it.each(["debezium", "content", "mariadb", "mysql", "postgresql", "mongodb", "oracle", "sqlserver"])(
    "takes the word %s",
    (use) => expect(identityOf(use)).toEqual([{ use }]),
  );

  it("takes a rule with its options", () => {
    expect(identityOf({ use: "mysql", binlog: "one-server" })).toEqual([{ use: "mysql", binlog: "one-server" }]);
    expect(identityOf({ use: "content", except: ["source.ts_ms"] })).toEqual([
      { use: "content", except: ["source.ts_ms"] },
    ]);
  });

  it("takes a list of rules, in order", () => {
    const rules = [
      { topics: ["cdc.transaction", "/^__debezium/"], use: "ignore" },
      { topics: ["cdc.audit"], use: "fields", fields: ["key", "value.id"] },
      { topics: ["cdc.outbox"], use: "header", header: "id" },
      { use: "debezium" },
    ];
    expect(identityOf(rules)).toEqual(rules);
  });

  it("takes a package without a scope that is installed beside the configuration; the words of ours come first", () => {
    const path = file(withIdentity([{ topics: ["cdc.shop.orders"], use: "mine", n: 1 }, "content"]));
    const message = expect.stringMatching(/no package of this name is installed in .* or above\)/);
    expect(problemsOf(() => loadConfig(path, {}))).toEqual([{ key: "dedup.identity[0].use", message }]);
    installed(path, "mine");
    installed(path, "content");
    expect(loadConfig(path, {}).config.dedup.identity).toEqual([
      { topics: ["cdc.shop.orders"], use: "mine", n: 1 },
      { use: "content" },
    ]);
  });
  it("takes no module of Node's own", () => {
    expect(wrong("path")).toEqual([
      expect.stringMatching(/^dedup\.identity: has to be one of .*no package of this name/),
    ]);
  });

  it("leaves the options of somebody's own strategy alone", () => {
    const rule = { use: "./mine.js", anything: { goes: 1 } };
    expect(identityOf(rule)).toEqual([rule]);
    expect(identityOf("@acme/identity")).toEqual([{ use: "@acme/identity" }]);
  });

  it.each<[Tree[string], string]>([
    ["debezum", 'dedup.identity: has to be one of .*; did you mean "debezium"\\? \\(it is "debezum"\\)'],
    [{ use: "contents" }, 'dedup.identity.use: has to be one of .*; did you mean "content"\\?'],
    [{ use: "fields", fields: ["order.id", "order..id"] }, "dedup.identity.fields\\[1\\]: has an empty part"],
    [{ use: "fields", fields: ["header."] }, "dedup.identity.fields\\[0\\]: has an empty part"],
    [{ use: "content", except: [".ts_ms"] }, "dedup.identity.except\\[0\\]: has an empty part"],
    [{ use: "content", exept: ["a"] }, 'dedup.identity.exept: unknown key; did you mean "except"\\?'],
    [{ use: "fields" }, "dedup.identity.fields: is missing. Fields that together identify a change"],
    [{ use: "fields", fields: [] }, "dedup.identity.fields: has to name at least one"],
    ["header", "dedup.identity.header: is missing. Header whose value identifies the change"],
    [{ use: "debezium", fields: ["a"] }, "dedup.identity.fields: unknown key"],
    [{ use: "mysql", binlog: "two" }, "dedup.identity.binlog: has to be one-server"],
    [{ topics: ["a"] }, "dedup.identity.use: is missing"],
    [[], "dedup.identity: needs at least one rule"],
    [7, "dedup.identity: has to be a group of keys"],
  ])("refuses %j", (value, message) => {
    expect(wrong(value)).toEqual([expect.stringMatching(new RegExp(`^${message}`))]);
  });

  it("says which rule of a list is wrong", () => {
    expect(
      wrong([
        { topics: ["a"], use: "ignore" },
        { use: "content", exept: ["x"] },
      ]),
    ).toEqual(['dedup.identity[1].exept: unknown key; did you mean "except"?']);
    expect(wrong([{ topics: ["/(/"], use: "ignore" }, "debezium"])[0]).toMatch(
      /^dedup\.identity\[0\]\.topics\[0\]: is not a regular expression/,
    );
  });

  it.each([["/.*/"], ["/^/"], ["/.+/"], ["/^.*$/"], ["/(.*)/"], [undefined]])(
    "takes no rule after one for every topic: %s",
    (all) => {
      const first = { ...(all === undefined ? {} : { topics: [all] }), use: "debezium" };
      expect(wrong([{ topics: ["/^cdc/"], use: "pass" }, first])).toEqual([]);
      expect(wrong([first, { topics: ["cdc.audit"], use: "pass" }])).toEqual([
        "dedup.identity[1]: is never in force: a rule before it is for every topic. Let that one be the last",
      ]);
    },
  );

  it("has to say something of every input topic that is named", () => {
    const rules = [
      { topics: ["cdc.a"], use: "pass" },
      { topics: ["/^cdc\\.b/"], use: "debezium" },
    ];
    expect(wrong(rules, ["cdc.a", "cdc.b1", "/^cdc.c/"])).toEqual([]);
    expect(wrong(rules, ["cdc.a", "cdc.c"])).toEqual([
      "dedup.identity: says nothing of input topic cdc.c: add a rule for it, or one without topics as the last",
    ]);
  });

  it("says what an identity costs that has no locality", () => {
    const { notices } = parse(withIdentity("content"));
    expect(notices).toEqual([
      expect.stringMatching(/^dedup\.identity: keys of "content" are scattered: .*in memory/),
      expect.stringMatching(/equal content are one/),
    ]);
    expect(parse(withIdentity("postgresql")).notices).toEqual([]);
  });
});

describe("dedup.shadow", () => {
  const shadow = (value: Tree[string]): string => least((c) => put(c, ["dedup", "shadow"], value));
  it("takes one rule for all topics", () => {
    expect(parse(shadow("content")).config.dedup.shadow).toEqual({ use: "content" });
    expect(problems(shadow({ topics: ["a"], use: "content" }))).toEqual([
      "dedup.shadow.topics: has no meaning here: it is compared on every topic",
    ]);
    expect(problems(shadow({ use: "content", exept: [] }))).toEqual([
      'dedup.shadow.exept: unknown key; did you mean "except"?',
    ]);
    expect(problems(shadow([{ use: "content" }]))).toEqual(["dedup.shadow: takes one rule, not a list"]);
    expect(problems(shadow("contnt"))).toEqual([
      expect.stringMatching(/^dedup\.shadow: has to be one of .*; did you mean "content"\? \(it is "contnt"\)$/),
    ]);
  });
  it("is told to be of no use where it is the identity itself", () => {
    const same = (use: string): string => least((c) => put(c, ["dedup"], { identity: "mysql", shadow: { use } }));
    expect(parse(same("mysql")).notices).toEqual([expect.stringMatching(/^dedup\.shadow: is the identity itself/)]);
    expect(parse(same("debezium")).notices).toEqual([]);
  });
});

describe("topics that the pipeline writes to", () => {
  const broken = (topics: string[], change: (c: Tree) => void = () => undefined): string[] =>
    problems(least((c) => [put(c, ["input", "topics"], topics), change(c)]));
  const diverged = (topic: string) => (c: Tree) => put(c, ["dedup"], { late: "drop", divergence: { topic } });
  const dead = (topic: string) => (c: Tree) => put(c, ["errors"], { tolerance: "all", deadLetter: { topic } });

  it("must not be read as input", () => {
    expect(broken(["cdc.a", "orders.late"])).toEqual([
      "dedup.late: late changes go to orders.late, which is one of input.topics and would feed itself: name another topic, in errors.deadLetter.topic",
    ]);
    expect(broken(["cdc.a", "orders.late"], (c) => put(c, ["dedup", "late"], "drop"))).toEqual([]);
    expect(broken(["cdc.a", "orders.late"], dead("dead"))).toEqual([]);
    for (const own of [dead, diverged])
      expect(broken(["cdc.a"], own("cdc.a"))).toEqual([
        expect.stringMatching(
          /topic: is one of input\.topics and would feed itself: name another topic \(it is "cdc\.a"\)$/,
        ),
      ]);
  });

  it.each([[["cdc.a"]], [["/^cdc\\./"]]])("nor be an output of it: %s", (topics) => {
    for (const own of [dead, diverged]) {
      expect(broken(topics, own("dedup.cdc.a"))).toEqual([
        expect.stringMatching(
          /topic: is an output topic of this pipeline .*: name a topic that does not begin with "dedup\."/,
        ),
      ]);
      expect(broken(topics, own("dedup.dead"))).toEqual([]);
      expect(broken(topics, own("cdc.dead"))).toEqual([]);
    }
    expect(broken(["late"], (c) => put(c, ["output", "prefix"], "orders."))).toEqual([
      expect.stringMatching(
        /^dedup\.late: late changes go to orders\.late, which is an output topic .*, in errors\.dead/,
      ),
    ]);
  });
  it("nor be where the lanes keep their state", () => {
    for (const own of [dead, diverged])
      expect(broken(["cdc.a"], own("orders.lanes"))).toEqual([
        expect.stringMatching(/topic: is where the lanes of this pipeline keep their state: name another topic/),
      ]);
  });
  it("nor be an output of a merge", () => {
    const merging = (topic: string, input: string): string[] =>
      broken([input], (c) => {
        put(c, ["dedup"], { mode: "merge", merge: { regex: "([ab])\\.(.*)", topic: "$2", source: "$1" } });
        put(c, ["dedup", "sources"], { header: "connector" });
        dead(topic)(c);
      });
    expect(merging("merged.orders", "a.orders")).toHaveLength(1);
    expect(merging("merged.dead", "a.orders")).toEqual([]);
    expect(merging("merged.dead", "/^a/")).toHaveLength(1);
    expect(merging("merged.orders", "c.orders")).toHaveLength(1);
  });
});

describe("an expression for internal topics", () => {
  it("is told to match nothing, unless the input names them", () => {
    const notices = (topics: string[], rule: string): readonly string[] =>
      parse(withIdentity([{ topics: [rule], use: "ignore" }, "debezium"], topics)).notices;
    const told = (key: string): unknown =>
      expect.stringMatching(new RegExp(`^${key}: /\\^__.* matches nothing: .*"__"`));
    expect(notices(["/^cdc/"], "/^__debezium/")).toEqual([told("dedup\\.identity")]);
    expect(notices(["cdc.a", "/^__debezium/"], "cdc.a")).toEqual([told("input\\.topics\\[1\\]")]);
    expect(notices(["cdc.a", "__debezium.a"], "/^__debezium/")).toEqual([]);
  });
});

describe("input.registry", () => {
  const avro = (registry: Tree, format = "avro"): string[] =>
    problems(least((c) => [put(c, ["input", "format"], format), put(c, ["input", "registry"], registry)]));
  it("is needed for Avro", () => {
    for (const format of ["avro", "auto"])
      expect(avro({}, format)).toEqual([
        "input.registry.url: is missing: Avro is read with the schemas of a registry, such as http://127.0.0.1:8081",
      ]);
    expect(avro({}, "json")).toEqual([]);
  });
  it("takes one address or several, a login or a token", () => {
    expect(avro({ url: "http://127.0.0.1:8081", username: "me", password: "x" })).toEqual([]);
    expect(avro({ url: ["https://a/apis/ccompat/v7", "https://b"], token: "t", tls: { ca: "PEM" } })).toEqual([]);
    for (const login of [{ username: "me" }, { password: "x" }, { username: "me", password: "x" }])
      expect(avro({ url: "http://a", token: "t", ...login })).toEqual([
        "input.registry.token: stands in place of username and password: give one or the other",
      ]);
  });
  it("is told to be of no use for JSON", () => {
    const registry = (format: string): string =>
      least((c) => put(c, ["input"], { topics: ["a"], format, registry: { url: "http://a" } }));
    expect(parse(registry("json")).notices).toEqual([expect.stringMatching(/^input\.registry: is not used/)]);
    expect(parse(registry("auto")).notices).toEqual([]);
  });
  it("does not show a wrong address", () => {
    for (const url of ["ftp://me:canary-5Jx9@a", ["http://a", "canary-5Jx9"]]) {
      const found = avro({ url });
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/^input\.registry\.url/);
      expect(found.join()).not.toContain("5Jx9");
    }
  });
});
