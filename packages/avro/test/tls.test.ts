import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RegistryTls, schemaRegistry } from "../src/index.ts";
import { impatientClock } from "./registry-server.ts";

const folder = mkdtempSync(join(tmpdir(), "tandem-tls-"));
const file = (name: string): string => join(folder, name);
const read = (name: string): Buffer => readFileSync(file(name));

/** A certificate that signs itself: authority, server and client in one. */
function certificate(): void {
  execFileSync(
    "openssl",
    [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=registry.test".split(" "),
      ..."-addext subjectAltName=DNS:registry.test".split(" "),
      "-keyout",
      file("key.pem"),
      "-out",
      file("cert.pem"),
    ],
    { stdio: "ignore" },
  );
}

describe("a registry behind TLS", () => {
  let server: ReturnType<typeof createServer>;
  beforeAll(async () => {
    certificate();
    const options = {
      key: read("key.pem"),
      cert: read("cert.pem"),
      ca: read("cert.pem"),
      requestCert: true,
      rejectUnauthorized: true,
    };
    server = createServer(options, (_, response) => response.end('{"schema":"\\"long\\""}'));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const kind = async (tls: RegistryTls | boolean): Promise<string> => {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const registry = schemaRegistry({ url, tls, clock: impatientClock() });
    return (await registry.schema(1)).type.kind;
  };

  it("is asked with the authority, name, certificate and key that it wants", async () => {
    const own = { cert: read("cert.pem"), key: read("key.pem") };
    expect(await kind({ ...own, ca: read("cert.pem"), servername: "registry.test" })).toBe("long");
    expect(await kind({ ...own, rejectUnauthorized: false })).toBe("long");
  });

  it("that shows a certificate of somebody else is refused, with advice", async () => {
    for (const tls of [true, { ca: read("cert.pem"), servername: "another.test" }])
      await expect(kind(tls)).rejects.toMatchObject({
        code: "REGISTRY_REFUSED",
        message: expect.stringContaining("mend `tls`") as string,
      });
  });
});
