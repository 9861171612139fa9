// npm run docs: makes the generated parts of docs/configuration.md anew, from the schema of the built cli, and docs/openapi.json.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.mjs";

const { refreshed } = await import(join(ROOT, "packages/cli/dist/config/reference.js"));
const page = join(ROOT, "docs/configuration.md");
writeFileSync(page, refreshed(readFileSync(page, "utf8")));

const { openApiText } = await import(join(ROOT, "packages/admin/dist/index.js"));
writeFileSync(join(ROOT, "docs/openapi.json"), openApiText());
