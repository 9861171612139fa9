import { describe, expect, it } from "vitest";
import { least, parse, problems, put, type Tree } from "./support.ts";

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

  it("leaves the options of somebody's own strategy alone", () => {
    const rule = { use: "./mine.js", anything: { goes: 1 } };
    expect(identityOf(rule)).toEqual([rule]);
    expect(identityOf("@acme/identity")).toEqual([{ use: "@acme/identity" }]);
  });

  it.each<[Tree[string], string]>([
    ["debezum", 'dedup.identity: has to be one of .*; did you mean "debezium"\\? \\(it is "debezum"\\)'],
    [{ use: "contents" }, 'dedup.identity.use: has to be one of .*; did you mean "content"\\?'],
    [{ use: "content", exept: ["a"] }, 'dedup.identity.exept: unknown key; did you mean "except"\\?'],
    [{ use: "fields" }, "dedup.identity.fields: is missing. Fields that together identify a change"],
    [{ use: "fields", fields: [] }, "dedup.identity.fields: has to name at least one"],
    ["header", "dedup.identity.header: is missing. Header whose value identifies the change"],
    [{ use: "debezium", fields: ["a"] }, "dedup.identity.fields: unknown key"],
    [{ use: "mysql", binlog: "two" }, "dedup.identity.binlog: has to be one-server"],
    [{ topics: ["a"] }, "dedup.identity.use: is missing"],
    [[], "dedup.identity: has to be a group of keys"],
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
  });
});

describe("topics that the pipeline writes to", () => {
  const broken = (change: (c: Tree) => void): string[] =>
    problems(least((c) => [put(c, ["input", "topics"], ["cdc.a", "orders.late"]), change(c)]));
  it("late changes must not be read as input", () => {
    expect(broken(() => undefined)).toEqual([
      "dedup.late: late changes go to orders.late, which is one of input.topics and would feed itself: name another topic in errors.deadLetter.topic",
    ]);
    expect(broken((c) => put(c, ["dedup", "late"], "drop"))).toEqual([]);
    expect(broken((c) => put(c, ["errors"], { tolerance: "all", deadLetter: { topic: "dead" } }))).toEqual([]);
  });
  it("nor diverged copies", () => {
    expect(
      broken((c) => [put(c, ["dedup", "late"], "drop"), put(c, ["dedup", "divergence"], { topic: "cdc.a" })]),
    ).toEqual(['dedup.divergence.topic: must not be one of input.topics, or it would feed itself (it is "cdc.a")']);
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
    expect(avro({ url: "http://a", username: "me", token: "t" })).toEqual([
      "input.registry.token: stands in place of username and password: give one or the other",
    ]);
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
