import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../src/index.ts";
import { file, folder, least, parse, problems, problemsOf, put } from "./support.ts";

function nameIs(reference: string): string {
  return least((c) => put(c, ["name"], reference));
}

function property(reference: string): string {
  return least((c) => put(c, ["kafka", "sasl.password"], reference));
}

describe("${env:NAME}", () => {
  it("is the variable's value", () => {
    expect(parse(nameIs("${env:WHO}"), { WHO: "shop" }).config.name).toBe("shop");
  });
  it("is the default where the variable is not set", () => {
    expect(parse(nameIs("${env:WHO:shop}")).config.name).toBe("shop");
    expect(parse(nameIs("${env:WHO:shop}"), { WHO: "orders" }).config.name).toBe("orders");
  });
  it("may have an empty default, and one with colons", () => {
    expect(parse(nameIs("a${env:WHO:}")).config.name).toBe("a");
    const { config } = parse(least((c) => put(c, ["kafka", "bootstrap.servers"], "${env:BROKERS:127.0.0.1:9092}")));
    expect(config.kafka["bootstrap.servers"]).toBe("127.0.0.1:9092");
  });
  it("stands within a text, more than once, and in lists", () => {
    const text = least((c) => put(c, ["input", "topics"], ["cdc.${env:DB}.${env:TABLE:orders}"]));
    expect(parse(text, { DB: "shop" }).config.input.topics).toEqual(["cdc.shop.orders"]);
  });
  it("is missed by name where there is no default", () => {
    expect(problems(nameIs("${env:WHO}"))).toEqual([
      "name: ${env:WHO}: the environment variable WHO is not set: set it, or give a default with ${env:WHO:default}",
    ]);
  });
  it("is not looked into a second time", () => {
    expect(parse(property("${env:A}"), { A: "${env:B}" }).config.kafka["sasl.password"]).toBe("${env:B}");
  });
});

describe("${file:/path}", () => {
  it("is the file's text without its last line's end", () => {
    expect(parse(property(`\${file:${file("first\nsecond\n", "secret")}}`)).config.kafka["sasl.password"]).toBe(
      "first\nsecond",
    );
  });
  it("stands within a text", () => {
    expect(parse(nameIs(`a-\${file:${file("shop\r\n", "name")}}-b`)).config.name).toBe("a-shop-b");
  });
  it("is relative to the configuration", () => {
    const path = file(nameIs("${file:secrets/name}"));
    mkdirSync(join(path, "../secrets"));
    writeFileSync(join(path, "../secrets/name"), "shop");
    expect(loadConfig(path).config.name).toBe("shop");
  });
  it("is missed by its path", () => {
    expect(problems(nameIs("${file:/no/such}"))).toEqual(["name: ${file:/no/such}: there is no such file"]);
  });
  it("says why it cannot be read", () => {
    const path = folder();
    symlinkSync(join(path, "loop"), join(path, "loop"));
    expect(problems(nameIs(`\${file:${path}}`))).toEqual([`name: \${file:${path}}: it is a folder`]);
    expect(problems(nameIs(`\${file:${path}/loop}`))).toEqual([
      `name: \${file:${path}/loop}: it cannot be read (ELOOP)`,
    ]);
  });
});

describe("anything else", () => {
  it("of the form ${...} is a problem, and is not repeated: it may belong to a password", () => {
    const [found = ""] = problems(property("abc${hunter2}"));
    expect(found).toMatch(/^kafka\.sasl\.password: holds a \$\{\.\.\.\} that is not a reference/);
    expect(found).not.toContain("hunter2");
  });
  it("with a doubled dollar is plain text", () => {
    expect(parse(property("a$${b}c")).config.kafka["sasl.password"]).toBe("a${b}c");
  });
});

it("tells of all references that fail, and not of what is missing because of them", () => {
  const text = least((c) => {
    put(c, ["name"], "${env:A}");
    put(c, ["kafka", "bootstrap.servers"], "${env:B}");
    put(c, ["input", "topics"], ["${env:C}"]);
  });
  expect(problemsOf(() => parse(text)).map(({ key }) => key)).toEqual([
    "name",
    "kafka.bootstrap.servers",
    "input.topics[0]",
  ]);
});
