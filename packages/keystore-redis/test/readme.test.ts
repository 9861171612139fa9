import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ACL_RIGHTS } from "../src/acl.ts";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

it("the README names every option, and the rights that the tests run with", () => {
  const readme = read("README.md");
  const sources = read("src/options.ts") + read("src/redis-store.ts");
  const options = [...sources.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name ?? "");
  expect(options.length).toBeGreaterThan(12);
  for (const name of options) expect(readme).toMatch(new RegExp(`^\\| .*\`${name}\`.* \\|`, "m"));
  expect(readme).toContain(`-@all ${ACL_RIGHTS}\n`);
});
