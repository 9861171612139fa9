import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** What the server answers: a JSON body, or a status with one; `hang` answers nothing. */
export type Answered = { readonly status?: number; readonly json?: unknown; readonly text?: string } | "hang";

export interface TestRegistry {
  readonly url: string;
  readonly asked: Asked[];
}

/** An HTTP server on this machine that answers as it is told, and remembers what it was asked. */
export async function registryServer(answer: (asked: Asked, nth: number) => Answered): Promise<TestRegistry> {
  const asked: Asked[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const one = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
    asked.push(one);
    const answered = answer(one, asked.length);
    if (answered === "hang") return;
    response.writeHead(answered.status ?? 200, { "content-type": "application/json" });
    response.end(answered.text ?? JSON.stringify(answered.json));
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

export const missing = { status: 404, json: { error_code: 40_403, message: "Schema not found" } };

/** A clock that does not wait, and tells how long it was told to. */
export function impatientClock(): {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  slept: number[];
  time: number;
} {
  const clock = {
    time: 0,
    slept: [] as number[],
    now: () => clock.time,
    sleep: (ms: number) => {
      clock.slept.push(ms);
      return Promise.resolve();
    },
  };
  return clock;
}
