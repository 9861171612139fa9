import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../src/index.ts";
import { folder, LEAST, least, problems, problemsOf, put, type Tree } from "./support.ts";

function broken(path: string, value: Tree[string]): string[] {
  return problems(least((c) => put(c, path.split("/"), value)));
}

describe("unknown keys", () => {
  it.each([
    ["nmae", 'nmae: unknown key; did you mean "name"?'],
    ["input/topic", 'input.topic: unknown key; did you mean "topics"?'],
    ["dedup/horizn", 'dedup.horizn: unknown key; did you mean "horizon"?'],
    ["dedup/sources/headers", 'dedup.sources.headers: unknown key; did you mean "header"?'],
    ["dedup/store/maxclaims", 'dedup.store.maxclaims: unknown key; did you mean "maxClaims"?'],
    ["errors/tolerence", 'errors.tolerence: unknown key; did you mean "tolerance"?'],
    ["errors/deadLetter/topics", 'errors.deadLetter.topics: unknown key; did you mean "topic"?'],
    ["output/perfix", 'output.perfix: unknown key; did you mean "prefix"?'],
    ["commit/minIntervalMS", 'commit.minIntervalMS: unknown key; did you mean "minIntervalMs"?'],
    ["metrics/prot", 'metrics.prot: unknown key; did you mean "port"?'],
    ["horizon", 'horizon: unknown key; did you mean "dedup.horizon"?'],
    ["dedup/name", 'dedup.name: unknown key; "name" stands at the top of the file'],
    ["output/zzzzzz", "output.zzzzzz: unknown key; known here: prefix"],
  ])("%s", (path, message) => {
    expect(broken(path, "x")).toContain(message);
  });
});

it.each([
  ["localhost:9092,SASL_SSL://b:9093", /^kafka\.bootstrap\.servers: has to be host:port, .*"security\.protocol"$/],
  ["http://me:canary-5Jx9@a:9092", /^kafka\.bootstrap\.servers: has to be host:port, [^5]*$/],
])("brokers with a scheme: %s", (brokers, message) => {
  expect(broken("kafka/bootstrap.servers", brokers)).toEqual([expect.stringMatching(message)]);
});

it("a source that is named twice", () => {
  expect(broken("dedup/sources", { header: "x", names: ["a", "b", "a"] })).toEqual([
    "dedup.sources.names: names a source twice",
  ]);
});

describe("types and ranges", () => {
  it.each<[string, Tree[string], string]>([
    ["name", "a b", "name: has to be made of letters, digits, '.', '_' and '-', at most 200 (it is \"a b\")"],
    ["name", true, "name: has to be a text (it is true)"],
    [
      "instance",
      "x".repeat(101),
      `instance: has to be made of letters, digits, '.', '_' and '-', at most 100 (it is "${"x".repeat(101)}")`,
    ],
    ["kafka", "127.0.0.1:9092", "kafka: has to be a group of keys"],
    ["kafka/bootstrap.servers", "", "kafka.bootstrap.servers: must not be empty"],
    ["kafka/consumer/x", {}, "kafka.consumer.x: has to be a text, a number, true or false"],
    ["kafka/ssl.ca.location", ["a"], "kafka.ssl.ca.location: has to be a text, a number, true or false"],
    ["input/topics", "cdc", 'input.topics: has to be a list (it is "cdc")'],
    ["input/topics", [], "input.topics: has to name at least one topic"],
    [
      "input/topics",
      ["a", "b c"],
      `input.topics[1]: is not a topic name: letters, digits, '.', '_' and '-' only, at most 249 (it is "b c")`,
    ],
    ["input/format", "jsn", 'input.format: has to be one of json, avro, auto; did you mean "json"? (it is "jsn")'],
    [
      "dedup/hash",
      "xxh12",
      'dedup.hash: has to be one of xxh128, xxh64, sha256; did you mean "xxh128"? (it is "xxh12")',
    ],
    [
      "dedup/sources",
      {},
      "dedup.sources.header: is missing. The header in which each connector names itself (a static `InsertHeader` on each).",
    ],
    ["dedup/sources/names", [], "dedup.sources.names: has to name at least one source"],
    ["dedup/store/maxClaims", 10, "dedup.store.maxClaims: has to be 1000 or more"],
    ["errors/tolerance", "some", 'errors.tolerance: has to be one of none, all (it is "some")'],
    [
      "output/prefix",
      "",
      `output.prefix: has to be made of letters, digits, '.', '_' and '-', and must not be empty, or the output would go to the input topics (it is "")`,
    ],
    ["commit/minIntervalMs", -1, "commit.minIntervalMs: has to be 0 or more (it is -1)"],
    ["commit/minIntervalMs", 200, "commit.minIntervalMs: must not be above commit.maxIntervalMs (it is 200)"],
    ["commit/maxIntervalMs", "soon", 'commit.maxIntervalMs: has to be a number (it is "soon")'],
    ["metrics/port", 65_536, "metrics.port: has to be 65535 or less (it is 65536)"],
    ["metrics/port", 94.5, "metrics.port: has to be a whole number (it is 94.5)"],
    ["metrics/enabled", "perhaps", 'metrics.enabled: has to be true or false (it is "perhaps")'],
  ])("%s: %j", (path, value, message) => {
    expect(broken(path, value)).toContain(message);
  });

  it.each(["2", "2 days", "-1d", "0s", "d", "1e3s", ""])('the duration "%s"', (text) => {
    expect(broken("dedup/horizon", text)).toEqual([
      `dedup.horizon: has to be a duration above zero, such as "2d", "36h", "15m", "30s" or "500ms" (it is ${JSON.stringify(text)})`,
    ]);
  });
  it("a duration without a unit, as a number", () => {
    expect(broken("dedup/horizon", 2)).toEqual(["dedup.horizon: has to be a text (it is 2)"]);
  });

  it("client properties that librdkafka refuses, and those that exactly-once rests on", () => {
    const kafka = {
      "bootstrap.servers": "127.0.0.1:9092",
      "security.protocl": "ssl",
      consumer: { "session.timeout.ms": "long", "auto.offset.reset": "latest" },
      producer: { "compression.type": "bz2", "transactional.id": "mine" },
    };
    expect(broken("kafka", kafka)).toEqual([
      "kafka.security.protocl: is not a property of librdkafka",
      'kafka.consumer.session.timeout.ms: is refused by librdkafka: Invalid value for configuration property "session.timeout.ms"',
      "kafka.consumer.auto.offset.reset: cannot be set: a missing offset must never be guessed",
      'kafka.producer.compression.type: is refused by librdkafka: Invalid value for configuration property "compression.codec"',
      "kafka.producer.transactional.id: cannot be set: it is <name>-<instance>",
    ]);
  });

  it("a regular expression that does not compile, with the reason", () => {
    expect(broken("input/topics", ["/cdc(/"])).toEqual([
      'input.topics[0]: is not a regular expression: Unterminated group (it is "/cdc(/")',
    ]);
  });
  it("a regular expression without its slashes", () => {
    expect(broken("input/topics", ["cdc.*"])[0]).toMatch(
      /^input\.topics\[0\]: is not a topic name; a regular expression stands between slashes/,
    );
  });
});

describe("the file as a whole", () => {
  it("names everything that is wrong at once, each with its key", () => {
    expect(
      problems("nam: x\ninput: { topics: [], fetcher: batch }\ndedup: { horizon: 2 }\nmetrics: { port: x }").map(
        (text) => text.split(": ")[0],
      ),
    ).toEqual(["input.fetcher", "name", "kafka", "input.topics", "dedup.horizon", "metrics.port", "nam"]);
  });
  it("says what a missing key is for", () => {
    expect(problems("{}")).toContain(
      "name: is missing. Consumer group, transactional id, lane state topic (`<name>.lanes`) and claim namespace derive from it. Another name begins anew.",
    );
  });
  it.each(["", "\n\n", "# only a comment\n", "---\n"])("is empty: %j", (text) => {
    expect(problems(text)).toEqual([": the file is empty"]);
  });
  it.each(["just text", "- a\n- b", "42"])("has no keys: %j", (text) => {
    expect(problems(text)).toEqual([": the file has to hold keys and values, such as `name: orders`"]);
  });
  it("is not there", () => {
    expect(problemsOf(() => loadConfig(join(folder(), "none.yaml")))).toEqual([
      { key: "", message: "there is no such file; give the path of a configuration with --config FILE" },
    ]);
  });
  it("is a folder", () => {
    const path = join(folder(), "tandem.yaml");
    mkdirSync(path);
    expect(problemsOf(() => loadConfig(path))[0]?.message).toMatch(/^it is a folder/);
  });
});

describe("text that is not YAML", () => {
  it.each<[string, string, RegExp]>([
    ["a key twice", `${LEAST}name: again`, /^line 5, column 1: not valid YAML or JSON: the key stands there twice$/],
    [
      "a nested key twice",
      "input:\n  topics: [a]\n  topics: [b]",
      /^line 3, column 3: not valid YAML or JSON: the key stands there twice$/,
    ],
    [
      "a tab",
      "input:\n\ttopics: [a]",
      /^line 2, column \d+: not valid YAML or JSON: indentation by a tab: use spaces$/,
    ],
    ["an open bracket", "input: { topics: [a", /^line 1, column \d+: not valid YAML or JSON/],
    [
      "a reference in braces",
      "input: { topics: [${env:A}] }",
      /inside \{ \} and \[ \], a \$\{\.\.\.\} reference needs quotes/,
    ],
    ["two documents", `${LEAST}---\nname: b`, /one document per file/],
    ["an alias without its anchor", "name: *nobody", /an alias \(\*name\) without its anchor/],
    ["JSON with a comma too few", '{"name": "a" "b": 1}', /^line 1, column \d+: not valid YAML or JSON/],
  ])("%s", (_, text, message) => {
    expect(problems(text)[0]).toMatch(message);
  });
});
