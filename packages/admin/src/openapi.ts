import { type Route, ROUTES } from "./routes.ts";
import { type JsonSchema, SCHEMAS } from "./schemas.ts";

type Document = Readonly<Record<string, unknown>>;

const json = (schema: string): Document => ({
  content: { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } },
});

/** The API, described for machines. */
export function openApi(): Document {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: "3.1.0",
    info: {
      title: "Tandem administration",
      version: "1",
      description: "In the manner of Kafka Connect's REST API. It speaks of this process's pipelines only.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "http://127.0.0.1:9405" }],
    security: [{}, { token: [] }],
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "Where the configuration has an `admin.token`." },
      },
      responses: { Refused: { description: "The request is refused.", ...json("Error") } },
    },
  };
}

/** As it stands in the documentation. */
export function openApiText(): string {
  return `${JSON.stringify(openApi(), null, 2)}\n`;
}

function operation({ answers: [status, schema], method, path, query = {}, summary, takesOptions }: Route): Document {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => parameter(name, "path", { required: true }));
  const inQuery = Object.entries(query).map(([name, description]) => parameter(name, "query", { description }));
  return {
    operationId: operationId(method, path),
    summary,
    ...(inPath.length + inQuery.length === 0 ? {} : { parameters: [...inPath, ...inQuery] }),
    ...(takesOptions === true ? { requestBody: { required: true, ...json("Options") } } : {}),
    responses: {
      [status]: { description: status === 202 ? "Accepted." : "The answer.", ...(schema === null ? {} : json(schema)) },
      default: { $ref: "#/components/responses/Refused" },
    },
  };
}

function parameter(name: string, place: "path" | "query", more: Document): JsonSchema {
  return { name, in: place, schema: { type: "string" }, ...more };
}

/** `GET /pipelines/{name}/status`: `getPipelinesStatus`. */
function operationId(method: string, path: string): string {
  const words = path
    .split("/")
    .filter((part) => part !== "" && !part.startsWith("{"))
    .map((part) => part.replace(".json", ""));
  const one = path.endsWith("}") ? "One" : "";
  return (
    [method.toLowerCase(), ...(words.length === 0 ? ["server"] : words)]
      .map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
      .join("") + one
  );
}
