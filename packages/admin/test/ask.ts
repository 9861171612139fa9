import { request } from "node:http";
import { expect } from "vitest";
import { schemaOf } from "./described.ts";

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Null: there is none. */
  readonly body: unknown;
}

/** Asks, and holds every answer against what the OpenAPI document says of it. */
export async function ask(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const typed = headers["content-type"] !== undefined || body === undefined;
  const sent = typed ? (body as string | undefined) : JSON.stringify(body);
  const answer = await new Promise<Answered>((resolve, reject) => {
    const asked = request(url + path, {
      method,
      headers: { ...(typed ? {} : { "content-type": "application/json" }), ...headers },
    });
    asked.on("error", reject);
    asked.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text === "" ? null : (JSON.parse(text) as unknown),
        }),
      );
    });
    asked.end(sent);
  });
  if (method === "HEAD") return answer;
  const fits = schemaOf(method, path, answer.status);
  expect(fits(answer.body), `${method} ${path}: ${JSON.stringify(fits.errors)} of ${JSON.stringify(answer.body)}`).toBe(
    true,
  );
  return answer;
}
