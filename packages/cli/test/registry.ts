import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A schema registry on this machine that knows these schemas by their ids, and wants this authorization. */
export async function registryServer(schemas: Readonly<Record<string, unknown>>, authorization = ""): Promise<string> {
  const server = createServer((request, response) => {
    const id = /\/schemas\/ids\/(\d+)/.exec(request.url ?? "")?.[1];
    const refused = authorization !== "" && request.headers.authorization !== authorization;
    const found = id === undefined ? Object.keys(schemas) : { schema: JSON.stringify(schemas[id]) };
    response.writeHead(refused ? 401 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(refused ? { message: "login" } : found));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
