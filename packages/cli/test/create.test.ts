import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KINDS, writeProject } from "../src/create/project.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (...path: readonly string[]): string => readFileSync(join(...path), "utf8");
const json = (...path: readonly string[]) =>
  JSON.parse(read(...path)) as Record<string, Record<string, string> | undefined>;

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "tandem-create-"));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe.each(KINDS)("create %s", (kind) => {
  it("fills in the name, and this version of our packages", () => {
    const { files, folder } = writeProject(kind, "@acme/mask-cards", { parent, version: "1.2.3" });
    expect(folder).toBe(join(parent, "mask-cards"));
    expect(files).toEqual(expect.arrayContaining([".gitignore", "README.md", "package.json", "tsconfig.json"]));
    for (const file of files) expect(read(folder, file), file).not.toContain("{{");
    const { dependencies, devDependencies, name } = json(folder, "package.json");
    expect(name).toBe("@acme/mask-cards");
    const ours = Object.entries({ ...dependencies, ...devDependencies }).filter(([each]) => each.startsWith("@tandem"));
    expect(new Set(ours.map(([, version]) => version))).toEqual(new Set(["1.2.3"]));
    for (const [each] of ours) expect(readdirSync(join(ROOT, "packages"))).toContain(each.slice("@tandem-cdc/".length));
  });

  it("asks for the tools that this repository is tested with", () => {
    const { folder } = writeProject(kind, "x", { parent, version: "1.2.3" });
    const { dependencies, devDependencies } = json(folder, "package.json");
    const tools = {
      ...json(ROOT, "package.json")["devDependencies"],
      ...json(ROOT, "packages/cli/package.json")["dependencies"],
    };
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      if (!name.startsWith("@tandem")) expect([name, version]).toEqual([name, tools[name]]);
  });
});

it("never writes over anything", () => {
  mkdirSync(join(parent, "mine"));
  expect(() => writeProject("transform", "mine", { parent, version: "1.2.3" })).toThrow(/is there already/);
  expect(readdirSync(join(parent, "mine"))).toEqual([]);
});

it.each(["", "Mine", "../mine", "a/b", "@acme/", "7up", "mine ", "."])("refuses the name %j", (name) => {
  expect(() => writeProject("transform", name, { parent, version: "1.2.3" })).toThrow(/cannot be the name/);
  expect(readdirSync(parent)).toEqual([]);
});

it("gives the store of the example", () => {
  expect(read(ROOT, "packages/cli/templates/keystore/src/store.ts")).toBe(
    read(ROOT, "examples/custom-keystore/src/file-store.ts"),
  );
});
