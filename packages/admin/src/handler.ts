import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type JsonValue, TandemError } from "@tandem-cdc/core";
import { type Answer, errorAnswer, Refused } from "./answer.ts";
import { guard } from "./guard.ts";
import type { Plugin } from "./plugin.ts";
import { type Handled, routeOf } from "./routes.ts";
import type { Supervised } from "./supervisor.ts";

/** A pipeline that the API shows and commands. */
export interface ManagedPipeline {
  readonly pipeline: Supervised;
  /** Tells this process's pipeline from those of others with its name. */
  readonly instance?: string;
  /** What `/config` shows: without secrets. */
  readonly config?: () => JsonValue;
}

export interface AdminOptions {
  readonly pipelines: readonly ManagedPipeline[];
  /** What `/plugins` lists and validates. */
  readonly plugins?: readonly Plugin[];
  /** What `/` says. */
  readonly version?: string;
  readonly kafkaClusterId?: string;
  /** Asked for as `Authorization: Bearer`. Without, nobody is asked. */
  readonly token?: string;
  /** The address that it listens on. On loopback only loopback's names are answered. */
  readonly host?: string;
  /** Told of every command that is followed. */
  readonly onCommand?: (pipeline: string, command: string) => void;
  /** Takes secrets out of a text: errors may quote what they were given. */
  readonly redact?: (text: string) => string;
}

/** Longest wait for somebody else, such as a broker. */
const PATIENCE_MS = 15_000;

/** The API as a request listener, for a server of one's own. */
export function adminHandler(options: AdminOptions): RequestListener {
  const { redact = (text: string) => text } = options;
  const shown = (_: string, value: unknown): unknown => (typeof value === "string" ? redact(value) : value);
  const text = ({ body }: Answer): string => (body === undefined ? "" : JSON.stringify(body, shown));
  return (request, response) => {
    void answerOf(request, options)
      .then((answer) => ({ ...answer, text: text(answer) }))
      .catch((thrown: unknown) => {
        const answer = errorAnswer(refusalOf(thrown));
        return { ...answer, text: text(answer) };
      })
      .then((answer) => send(response, answer));
  };
}

function send(response: ServerResponse, { headers = {}, status, text }: Answer & { readonly text: string }): void {
  if (response.destroyed) return;
  response
    .writeHead(status, {
      ...(text === "" ? {} : { "content-type": "application/json" }),
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...headers,
    })
    .end(text);
}

async function answerOf(request: IncomingMessage, options: AdminOptions): Promise<Answer> {
  guard(request, { host: options.host, token: options.token });
  const { handle, parameters, query } = routeOf(request);
  return inTime(handle({ request, options, parameters, query }));
}

async function inTime(handled: Handled): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Refused(504, "there is no answer yet: ask again")), PATIENCE_MS);
  });
  try {
    return await Promise.race([handled, late]);
  } finally {
    clearTimeout(timer);
  }
}

function refusalOf(thrown: unknown): Refused {
  if (thrown instanceof Refused) return thrown;
  if (!(thrown instanceof TandemError)) return new Refused(500, "the request failed");
  const status = thrown.code === "PIPELINE_STATE" ? 409 : thrown.retriable ? 503 : 500;
  return new Refused(status, `${thrown.code}: ${thrown.message}`);
}
