// npm run docs: makes what is generated anew, from the declarations in the built packages: parts of docs/configuration.md,
// docs/transforms.md, the configuration's JSON Schema, docs/openapi.json.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.mjs";

const { refreshed } = await import(join(ROOT, "packages/cli/dist/config/reference.js"));
const page = join(ROOT, "docs/configuration.md");
writeFileSync(page, refreshed(readFileSync(page, "utf8")));

const { transformsPage } = await import(join(ROOT, "packages/cli/dist/config/transforms/reference.js"));
writeFileSync(join(ROOT, "docs/transforms.md"), transformsPage());

const { jsonSchemaText } = await import(join(ROOT, "packages/cli/dist/config/json-schema.js"));
writeFileSync(join(ROOT, "packages/cli/tandem.schema.json"), jsonSchemaText());

const { openApiText } = await import(join(ROOT, "packages/admin/dist/index.js"));
writeFileSync(join(ROOT, "docs/openapi.json"), openApiText());
