import { createServer, type IncomingMessage, request, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Whom a guarded server lets in: who sends the name and password (basic), or the token (bearer). */
export interface RegistryUser {
  readonly username: string;
  readonly password: string;
  readonly token: string;
}

export interface Guard {
  readonly port: number;
  close(): Promise<void>;
}

/** A proxy that asks who is there before it passes a request on to the port. */
export async function guard(port: number, { username, password, token }: RegistryUser): Promise<Guard> {
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const known = ({ headers }: IncomingMessage): boolean =>
    headers.authorization === basic || headers.authorization === `Bearer ${token}`;
  const server: HttpServer = createServer((asked, answer) => {
    if (!known(asked)) {
      answer.writeHead(401, { "www-authenticate": "Basic", "content-type": "application/json" });
      answer.end('{"error_code":401,"message":"Unauthorized"}');
      return;
    }
    const { authorization: _, ...headers } = asked.headers;
    const passed = request({ host: "127.0.0.1", port, path: asked.url, method: asked.method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.once("error", () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
