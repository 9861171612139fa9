import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestRegistry {
  readonly url: string;
  /** Texts of schemas by their ids. */
  readonly schemas: Map<number, string>;
  /** Ids by the subjects that they were registered under. */
  readonly subjects: Map<string, number>;
  close(): void;
}

/** As much of a schema registry as a pipeline asks for. */
export async function testRegistry(): Promise<TestRegistry> {
  const schemas = new Map<number, string>();
  const subjects = new Map<string, number>();
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += String(part)));
    request.on("end", () => {
      const [, kind, name = "", last = ""] = decodeURIComponent(request.url ?? "").split("/");
      const answer = (status: number, json: unknown): void => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
      };
      const known = schemas.get(Number(last));
      if (kind === "schemas")
        return known === undefined ? answer(404, { error_code: 40_403 }) : answer(200, { schema: known });
      const id = 100 + schemas.size;
      schemas.set(id, (JSON.parse(body) as { readonly schema: string }).schema);
      subjects.set(name, id);
      answer(200, { id });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, schemas, subjects, close };
}
