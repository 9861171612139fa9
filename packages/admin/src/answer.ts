import type { IncomingMessage } from "node:http";

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  /** Undefined: nothing. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is refused. Answered in Connect's shape. */
export class Refused extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export function errorAnswer({ headers, message, status }: Refused): Answer {
  return { status, body: { error_code: status, message }, headers };
}

/** Larger than any options; small enough for whoever is not trusted with the process's memory. */
const MAX_BODY_BYTES = 256 * 1024;

/** The request's body, which has to be a JSON object. */
export async function objectOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") throw new Refused(415, "send the options as application/json");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new Refused(413, `the body is larger than ${MAX_BODY_BYTES} bytes`, { connection: "close" });
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new Refused(400, "the body is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Refused(400, "the body has to be an object: the options by name");
  return value as Readonly<Record<string, unknown>>;
}
