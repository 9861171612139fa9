import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Log, timed } from "../log.ts";
import { cached } from "./cache.ts";
import { command } from "./command.ts";
import { java } from "./java.ts";
import { copyDependencies } from "./maven.ts";
import { resource } from "./resource.ts";

const POM = "cassandra-pom.xml";

export interface CassandraFiles {
  /** The folder of the jars. */
  readonly jars: string;
  /** A key and certificate for the loopback addresses, self-signed; its password is `KEY_STORE_PASSWORD`. */
  readonly keyStore: string;
  /** The certificate alone, PEM. */
  readonly certificate: string;
}

export const KEY_STORE_PASSWORD = "testbed";

/** Cassandra's files, fetched if they are not there. */
export async function cassandraFiles(log: Log): Promise<CassandraFiles> {
  const version = createHash("sha256")
    .update(await readFile(resource(POM)))
    .digest("hex");
  const folder = await cached(`cassandra-${version.slice(0, 8)}`, (half) =>
    timed(log, "fetched Cassandra", async () => {
      await copyDependencies(POM, join(half, "jars"));
      await makeKey(half);
    }),
  );
  const file = (name: string): string => join(folder, name);
  return { jars: file("jars"), keyStore: file("key.p12"), certificate: file("certificate.pem") };
}

async function makeKey(folder: string): Promise<void> {
  const store = ["-keystore", join(folder, "key.p12"), "-storepass", KEY_STORE_PASSWORD, "-alias", "testbed"];
  const keytool = (...args: readonly string[]): Promise<string> =>
    command(java().replace(/java$/, "keytool"), [...args, ...store]);
  const names = "SAN=ip:127.0.0.1,ip:127.0.0.2,ip:127.0.0.3,dns:localhost";
  const key = ["-keyalg", "EC", "-groupname", "secp256r1", "-validity", "7300", "-dname", "CN=testbed", "-ext", names];
  await keytool("-genkeypair", ...key, "-storetype", "PKCS12");
  await keytool("-exportcert", "-rfc", "-file", join(folder, "certificate.pem"));
}
