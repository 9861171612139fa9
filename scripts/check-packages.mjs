// Every package that gets published: publint and are-the-types-wrong on what npm would pack; and the layering.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readJson, ROOT, run, say } from "./run.mjs";

let bad = (await run(process.execPath, ["scripts/layers.mjs"])) === 0 ? 0 : 1;
for (const name of readdirSync(join(ROOT, "packages"))) {
  const manifest = join(ROOT, "packages", name, "package.json");
  if (!existsSync(manifest) || readJson(manifest).private === true) continue;
  say(`packages/${name}`);
  if ((await run("npx", ["publint", "run", "--strict", `packages/${name}`])) !== 0) bad++;
  if ((await run("npx", ["attw", "--pack", `packages/${name}`, "--profile", "esm-only", "--quiet"])) !== 0) bad++;
}
process.exit(bad === 0 ? 0 : 1);
