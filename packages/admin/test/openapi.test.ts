import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, it } from "vitest";
import { openApiText } from "../src/index.ts";
import { ask } from "./ask.ts";
import { DESCRIBED } from "./described.ts";
import { serving } from "./support.ts";

it("is an OpenAPI 3.1 document", async () => {
  const validator = new Validator();
  expect(await validator.validate(JSON.parse(openApiText()) as Record<string, unknown>)).toMatchObject({ valid: true });
  expect(validator.version).toBe("3.1");
});

it("names no schema that is not there", () => {
  const { schemas } = JSON.parse(openApiText()).components as { schemas: object };
  for (const [, name = ""] of openApiText().matchAll(/"#\/components\/schemas\/(\w+)"/g))
    expect(schemas).toHaveProperty(name);
});

it("is served, and describes what is served", async () => {
  const { url } = await serving({ pipelines: [] });
  expect((await ask(url, "GET", "/openapi.json")).body).toEqual(DESCRIBED);
  for (const [path, methods] of Object.entries(DESCRIBED.paths))
    for (const method of Object.keys(methods))
      expect((await ask(url, method.toUpperCase(), path)).status, `${method} ${path}`).not.toBe(405);
});

it("docs/openapi.json is what the API says (npm run docs)", () => {
  expect(readFileSync(new URL("../../../docs/openapi.json", import.meta.url), "utf8")).toBe(openApiText());
});
