import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, type AgentOptions, request as httpsRequest } from "node:https";
import { asError } from "@tandem-cdc/core";

export interface Question {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

/** Longest answer that is read: schemas are a few kB. */
const MAX_ANSWER_BYTES = 16 << 20;

export interface HttpClient {
  /** Rejects when there is no answer within the time. Does not follow redirects: the credentials are for this server. */
  ask(question: Question): Promise<Answer>;
  close(): void;
}

/** Node's own client, with connections that are kept: `fetch` has no way to name a certificate authority. */
export function httpClient(timeoutMs: number, tls: AgentOptions): HttpClient {
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true, ...tls });
  return {
    ask: ({ url, method, headers, body }) =>
      new Promise((resolve, reject) => {
        const secure = url.startsWith("https:");
        const signal = AbortSignal.timeout(timeoutMs);
        const asked = (secure ? httpsRequest : httpRequest)(
          url,
          { method, headers, signal, agent: secure ? https : http },
          (answer) => {
            textOf(answer).then(
              (text) => resolve({ status: answer.statusCode ?? 0, text, retryAfter: answer.headers["retry-after"] }),
              reject,
            );
          },
        );
        asked.once("error", (error) =>
          reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`, { cause: error }) : error),
        );
        asked.end(body);
      }),
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Whether a failed connection is for somebody to mend: certificates, or TLS against a server without. */
export function isTlsFault(thrown: unknown): boolean {
  const { code } = asError(thrown) as { readonly code?: unknown };
  return typeof code === "string" && /CERT|SSL|TLS|SIGNATURE|ISSUER|EPROTO/.test(code);
}
