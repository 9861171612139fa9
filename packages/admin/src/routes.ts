import type { IncomingMessage } from "node:http";
import { type Answer, objectOf, Refused } from "./answer.ts";
import { offsetsDocument, pipelineDocument, pluginDocument, statusDocument, validationDocument } from "./documents.ts";
import type { AdminOptions, ManagedPipeline } from "./handler.ts";
import { openApi } from "./openapi.ts";
import { pluginOf } from "./plugin.ts";
import type { Supervised } from "./supervisor.ts";

export interface Asked {
  readonly request: IncomingMessage;
  readonly options: AdminOptions;
  /** By the names in the route's path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export type Handled = Answer | Promise<Answer>;

export interface Route {
  readonly method: "GET" | "PUT" | "POST";
  readonly path: string;
  readonly summary: string;
  /** Parameters of the query, with what they are for. */
  readonly query?: Readonly<Record<string, string>>;
  /** The body is an object of options. */
  readonly takesOptions?: boolean;
  /** Status when all is well, and the name of the schema of its body; null: none. */
  readonly answers: readonly [status: number, schema: string | null];
  readonly handle: (asked: Asked) => Handled;
}

/** Everything that the API answers. The OpenAPI document is made of this. */
export const ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/",
    summary: "Which version this is.",
    answers: [200, "Server"],
    handle: ({ options: { kafkaClusterId, version } }) =>
      ok({ name: "tandem", version: version ?? null, kafka_cluster_id: kafkaClusterId ?? null }),
  },
  {
    method: "GET",
    path: "/openapi.json",
    summary: "This document.",
    answers: [200, "Document"],
    handle: () => ok(openApi()),
  },
  {
    method: "GET",
    path: "/pipelines",
    summary: "The names of the pipelines of this process.",
    query: { expand: "`status` or `config`, also both: an object in place of the list, by name." },
    answers: [200, "Pipelines"],
    handle: pipelines,
  },
  {
    method: "GET",
    path: "/pipelines/{name}",
    summary: "A pipeline: its configuration and its lanes.",
    answers: [200, "Pipeline"],
    handle: (asked) => ok(pipelineDocument(managed(asked))),
  },
  {
    method: "GET",
    path: "/pipelines/{name}/status",
    summary: "What a pipeline and its lanes are doing, and what went wrong last.",
    answers: [200, "Status"],
    handle: (asked) => ok(statusDocument(managed(asked))),
  },
  {
    method: "GET",
    path: "/pipelines/{name}/config",
    summary: "The configuration with its defaults; secrets are hidden.",
    answers: [200, "Config"],
    handle: (asked) => ok(managed(asked).config?.() ?? {}),
  },
  {
    method: "GET",
    path: "/pipelines/{name}/topics",
    summary: "Topics that records came from and went to, since the process began.",
    answers: [200, "Topics"],
    handle(asked) {
      const { pipeline } = managed(asked);
      return ok({ [pipeline.name]: pipeline.topics() });
    },
  },
  {
    method: "GET",
    path: "/pipelines/{name}/offsets",
    summary: "How far each lane is, and where its log ends now. Asks the brokers.",
    answers: [200, "Offsets"],
    handle: async (asked) => ok(offsetsDocument(await managed(asked).pipeline.lanes())),
  },
  command("PUT", "pause", "Finishes what was begun, then emits nothing; the lanes are kept.", (pipeline) =>
    pipeline.pause(),
  ),
  command("PUT", "resume", "Goes on after a pause, or a stop.", (pipeline) => pipeline.resume()),
  command("PUT", "stop", "Ends the pipeline; the process stays, and other instances get the lanes.", (pipeline) =>
    pipeline.stop(),
  ),
  command("POST", "restart", "Makes the pipeline anew: also one that has failed, or was stopped.", (pipeline) =>
    pipeline.restart(),
  ),
  {
    method: "GET",
    path: "/plugins",
    summary: "Transforms, predicates, stores and identities that a configuration may name.",
    answers: [200, "Plugins"],
    handle: ({ options: { plugins = [] } }) => ok(plugins.map(pluginDocument)),
  },
  {
    method: "PUT",
    path: "/plugins/{type}/validate",
    summary: "Whether these options would do for a plugin, one by one. Changes nothing.",
    query: { kind: "`transform`, `predicate`, `store` or `identity`, where a word names several." },
    takesOptions: true,
    answers: [200, "Validation"],
    handle: validate,
  },
];

function command(method: "PUT" | "POST", name: string, summary: string, give: (pipeline: Supervised) => void): Route {
  return {
    method,
    path: `/pipelines/{name}/${name}`,
    summary: `${summary} Takes effect later: see the status.`,
    answers: [202, "Status"],
    handle(asked) {
      const of = managed(asked);
      give(of.pipeline);
      asked.options.onCommand?.(of.pipeline.name, name);
      return { status: 202, body: statusDocument(of) };
    },
  };
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

function managed({ options: { pipelines }, parameters: { name } }: Asked): ManagedPipeline {
  const found = pipelines.find(({ pipeline }) => pipeline.name === name);
  if (found === undefined) throw new Refused(404, `there is no pipeline "${name}" here`);
  return found;
}

function pipelines({ options: { pipelines: all }, query }: Asked): Answer {
  const expand = query.getAll("expand").flatMap((text) => text.split(","));
  const unknown = expand.find((each) => each !== "status" && each !== "config");
  if (unknown !== undefined) throw new Refused(400, `expand takes status and config, not "${unknown}"`);
  if (expand.length === 0) return ok(all.map(({ pipeline }) => pipeline.name));
  return ok(
    Object.fromEntries(
      all.map((each) => [
        each.pipeline.name,
        {
          ...(expand.includes("status") ? { status: statusDocument(each) } : {}),
          ...(expand.includes("config") ? { config: each.config?.() ?? {} } : {}),
        },
      ]),
    ),
  );
}

async function validate({
  options: { plugins = [] },
  parameters: { type = "" },
  query,
  request,
}: Asked): Promise<Answer> {
  const found = pluginOf(plugins, type, query.get("kind"));
  const [plugin] = found;
  if (plugin === undefined) throw new Refused(404, `there is no plugin "${type}": GET /plugins lists them`);
  if (found.length > 1)
    throw new Refused(409, `"${type}" names several: add ?kind=, one of ${found.map(({ kind }) => kind).join(", ")}`);
  const given = await objectOf(request);
  return ok(validationDocument(plugin, given, await plugin.validate(given)));
}

export interface Matched extends Pick<Route, "handle">, Pick<Asked, "parameters" | "query"> {}

/** The route that a request asks for. */
export function routeOf({ method: asked = "GET", url = "/" }: IncomingMessage): Matched {
  const [path = "/", query = ""] = url.split("?", 2);
  const method = asked === "HEAD" ? "GET" : asked;
  const there = ROUTES.flatMap((route) => {
    const parameters = matched(route.path, path);
    return parameters === null ? [] : [{ route, parameters }];
  });
  if (there.length === 0) throw new Refused(404, "there is nothing here: GET /openapi.json lists what there is");
  const found = there.find(({ route }) => route.method === method);
  if (found === undefined) {
    const allow = there.map(({ route }) => (route.method === "GET" ? "GET, HEAD" : route.method)).join(", ");
    throw new Refused(405, `use ${allow}`, { allow });
  }
  return { handle: found.route.handle, parameters: found.parameters, query: new URLSearchParams(query) };
}

/** The parameters of a path that fits; null: it does not. */
function matched(template: string, path: string): Readonly<Record<string, string>> | null {
  const [wanted, given] = [template.split("/"), path.split("/")];
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const text = given[i] ?? "";
    if (name === undefined && part !== text) return null;
    if (name !== undefined) parameters[name] = decoded(text);
  }
  return parameters;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refused(400, "the path is not encoded as URLs are");
  }
}
