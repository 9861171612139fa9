import type { Plugin, PluginProblem } from "@tandem-cdc/admin";
import { describe, expect, it } from "vitest";
import { builtInPlugins } from "../src/admin/plugins.ts";
import { shownConfig } from "../src/admin/shown-config.ts";
import { redacting } from "../src/config/redact.ts";
import { least, parse, problems, put, type Tree } from "./support.ts";

const TOKEN = "canary-5Jx9-0123456789";

function withAdmin(admin: Tree): string {
  return least((c) => put(c, ["admin"], { enabled: true, ...admin }));
}

describe("admin", () => {
  it("is off, and on loopback when it is on", () => {
    expect(parse(least()).config.admin).toMatchObject({ enabled: false, host: "127.0.0.1" });
    expect(parse(withAdmin({})).config.admin).toEqual({
      enabled: true,
      host: "127.0.0.1",
      port: 9405,
      keepAlive: false,
    });
  });

  it.each(["0.0.0.0", "::", "10.0.0.1", "tandem.example"])("on %s needs a token, and says so", (host) => {
    expect(problems(withAdmin({ host }))).toEqual([
      "admin.token: is missing: admin.host is not loopback, so everybody who reaches that address could stop the pipeline. Set a token, or admin.host to 127.0.0.1",
    ]);
    expect(problems(withAdmin({ host, token: TOKEN }))).toEqual([]);
    expect(problems(withAdmin({ host, enabled: false }))).toEqual([]);
  });

  it.each(["127.0.0.1", "127.0.0.9", "::1", "localhost"])("on %s needs none", (host) => {
    expect(problems(withAdmin({ host }))).toEqual([]);
  });

  it.each(["", "5Jx9", "canary-5Jx9 with spaces", 5])("does not take %j for a token, nor repeat it", (token) => {
    const [problem, ...others] = problems(withAdmin({ token }));
    expect(others).toEqual([]);
    expect(problem).toMatch(/^admin\.token: has to be /);
    expect(problem).not.toContain("5Jx9");
  });

  it("takes its token out of what is said", () => {
    expect(redacting(parse(withAdmin({ token: TOKEN })).config)(`refused ${TOKEN}`)).toBe("refused ***");
  });
});

describe("the configuration as it is shown", () => {
  it("has its defaults and the options of its steps, and none of its secrets", () => {
    const { config } = parse(
      least((c) => {
        put(c, ["kafka", "sasl.password"], "canary-1");
        put(c, ["kafka", "producer", "ssl.key.password"], 5_719);
        put(c, ["input", "registry"], { url: "http://me:can@127.0.0.1:1/", token: "canary-2" });
        put(c, ["input", "format"], "avro");
        put(c, ["dedup", "store"], { type: "redis", url: "redis://127.0.0.1", password: "canary-3" });
        put(c, ["dedup", "identity"], { use: "./mine.js", nested: { secrets: ["canary-4"] } });
        put(c, ["admin"], { token: TOKEN });
        put(c, ["predicates"], { late: { type: "TopicNameMatches", pattern: "late.*" } });
        put(
          c,
          ["transforms"],
          [
            { type: "HoistField$Key", field: "id", predicate: "late" },
            { name: "own", type: "./mine.js", apiKey: "canary-5" },
          ],
        );
      }),
    );
    const shown = shownConfig(config);
    expect(JSON.stringify(shown)).not.toMatch(/canary|5719|me:can/);
    expect(shown).toMatchObject({
      name: "orders",
      kafka: { "bootstrap.servers": "127.0.0.1:9092", "sasl.password": "***", producer: { "ssl.key.password": "***" } },
      input: { topics: ["cdc.shop.orders"], registry: { url: "http://me:***@127.0.0.1:1/", token: "***" } },
      dedup: {
        hash: "xxh128",
        store: { type: "redis", password: "***" },
        identity: [{ use: "./mine.js", nested: { secrets: ["***"] } }],
      },
      admin: { token: "***" },
      transforms: [
        { name: "hoistField", type: "HoistField$Key", field: "id", predicate: "late", negate: false },
        { name: "own", type: "./mine.js", apiKey: "***", negate: false },
      ],
      predicates: { late: { type: "TopicNameMatches", pattern: "late.*" } },
    });
  });
});

describe("plugins", () => {
  const plugins = builtInPlugins();
  const named = (kind: Plugin["kind"], type: string): Plugin => {
    const found = plugins.find((plugin) => plugin.kind === kind && plugin.type === type);
    if (found === undefined) throw new Error(`no ${kind} ${type}`);
    return found;
  };
  const check = async (plugin: Plugin, options: Tree): Promise<readonly PluginProblem[]> => plugin.validate(options);

  it("are all that is built in, each once", () => {
    const types = (kind: string): string[] => plugins.filter((each) => each.kind === kind).map(({ type }) => type);
    expect(types("store")).toEqual(["memory", "level", "rocksdb", "redis", "cassandra"]);
    expect(types("identity")).toEqual(expect.arrayContaining(["debezium", "mariadb", "content", "pass"]));
    expect(types("transform")).toContain("HoistField");
    expect(types("predicate")).toContain("TopicNameMatches");
    const names = plugins.map(({ kind, type }) => `${kind} ${type}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { version } of plugins) expect(version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it("tell their options", () => {
    expect(named("transform", "HoistField").options).toEqual([
      { name: "field", type: "text", required: true, doc: expect.any(String) },
    ]);
    expect(named("store", "level").options).toContainEqual(expect.objectContaining({ name: "path", required: true }));
    for (const { options } of plugins) for (const { name } of options) expect(name).not.toBe("type");
  });

  it.each<[Plugin["kind"], string, Tree, readonly PluginProblem[]]>([
    ["transform", "HoistField", { field: "a" }, []],
    ["transform", "HoistField", {}, [{ option: "field", message: "is missing" }]],
    [
      "transform",
      "HoistField",
      { feild: "a" },
      [
        { option: "field", message: "is missing" },
        { option: "feild", message: expect.stringContaining("is no option of HoistField; known: field") as string },
      ],
    ],
    ["transform", "HoistField", { field: "a", type: "x" }, [{ option: "type", message: expect.any(String) as string }]],
    ["predicate", "TopicNameMatches", { pattern: "a.*" }, []],
    ["store", "memory", {}, []],
    ["store", "level", {}, [{ option: "path", message: expect.stringMatching(/^is missing/) as string }]],
    [
      "store",
      "redis",
      { url: "redis://127.0.0.1", tls: { caa: "x" } },
      [{ option: "tls", message: expect.stringMatching(/^tls\.caa: unknown key/) as string }],
    ],
    ["identity", "content", { part: "all" }, [{ option: "part", message: expect.any(String) as string }]],
    ["identity", "debezium", {}, []],
    [
      "identity",
      "fields",
      { fields: ["a..b"] },
      [{ option: "fields", message: expect.stringMatching(/^fields\[0\]: /) as string }],
    ],
  ])("%s %s says what is wrong with %j", async (kind, type, options, expected) => {
    expect(await check(named(kind, type), options)).toEqual(expected);
  });
});
