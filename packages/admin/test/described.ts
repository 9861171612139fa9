import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { openApiText } from "../src/index.ts";

interface Answer {
  readonly $ref?: string;
  readonly content?: { readonly "application/json": { readonly schema: { readonly $ref: string } } };
}

interface Described {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Answer>> }>>>
  >;
  readonly components: {
    readonly responses: Readonly<Record<string, Answer>>;
  };
}

/** The document, as machines read it. */
export const DESCRIBED = JSON.parse(openApiText()) as Described;

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
ajv.addSchema(DESCRIBED, "api");

const paths = Object.keys(DESCRIBED.paths).map((path) => ({
  path,
  pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

/** What the document says of an answer. */
export function schemaOf(method: string, asked: string, status: number): ValidateFunction {
  const path = paths.find(({ pattern }) => pattern.test(asked.split("?")[0] ?? ""))?.path ?? "";
  const responses = DESCRIBED.paths[path]?.[method.toLowerCase()]?.responses ?? {};
  const answer = responses[status] ?? DESCRIBED.components.responses["Refused"];
  const schema = answer?.content?.["application/json"].schema.$ref;
  const validate = ajv.getSchema(`api${schema}`);
  if (validate === undefined) throw new Error(`nothing is said of ${method} ${asked}: ${status}`);
  return validate;
}
