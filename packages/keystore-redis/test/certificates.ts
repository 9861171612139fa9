import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Certificates {
  /** The authority's certificate, for clients. */
  readonly ca: string;
  /** Lines of redis.conf. */
  readonly settings: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** An authority of our own, and a server certificate for 127.0.0.1 signed by it. */
export async function certificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), "tandem-certificates-"));
  const at = (name: string): string => join(folder, name);
  const openssl = (line: string): Promise<unknown> => promisify(execFile)("openssl", line.split(" "), { cwd: folder });
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  await openssl(`req -x509 ${key} -keyout ca.key -out ca.crt -days 2 -subj /CN=test-authority`);
  await openssl(`req -new ${key} -keyout server.key -out server.csr -subj /CN=redis`);
  await writeFile(at("names"), "subjectAltName=IP:127.0.0.1");
  await openssl(
    "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt",
  );
  return {
    ca: await readFile(at("ca.crt"), "utf8"),
    settings: {
      "tls-cert-file": at("server.crt"),
      "tls-key-file": at("server.key"),
      "tls-ca-cert-file": at("ca.crt"),
      "tls-auth-clients": "no",
      "tls-replication": "yes",
      "tls-cluster": "yes",
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
