import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command } from "./internal/command.ts";
import { removeFolder, tempFolder } from "./internal/temp-folder.ts";

export interface Certificates {
  /** The authority's certificate, for clients. */
  readonly ca: string;
  readonly caFile: string;
  /** Of the server, for 127.0.0.1. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Key and certificate of the server in one file. */
  readonly pemFile: string;
  /** Certificate and key of a client that the authority knows as `tandem`: PEM. */
  readonly client: { readonly cert: string; readonly key: string };
  remove(): Promise<void>;
}

const KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

/** An authority of our own, good for two days, and certificates that it signed: a server's for 127.0.0.1, and a client's. */
export async function certificates(): Promise<Certificates> {
  const folder = await tempFolder("certificates");
  const at = (name: string): string => join(folder, name);
  const openssl = (line: string): Promise<string> => command("openssl", line.split(" "));
  const [caFile, certFile, keyFile, pemFile] = [at("ca.crt"), at("server.crt"), at("server.key"), at("server.pem")];
  await openssl(`req -x509 ${KEY} -keyout ${at("ca.key")} -out ${caFile} -days 2 -subj /CN=test-authority`);
  await openssl(`req -new ${KEY} -keyout ${keyFile} -out ${at("server.csr")} -subj /CN=test-server`);
  const sign = `-CA ${caFile} -CAkey ${at("ca.key")} -CAcreateserial -days 2`;
  await writeFile(at("names"), "subjectAltName=IP:127.0.0.1");
  await openssl(`x509 -req -in ${at("server.csr")} ${sign} -extfile ${at("names")} -out ${certFile}`);
  await openssl(`req -new ${KEY} -keyout ${at("client.key")} -out ${at("client.csr")} -subj /CN=tandem`);
  await openssl(`x509 -req -in ${at("client.csr")} ${sign} -out ${at("client.crt")}`);
  await writeFile(pemFile, (await readFile(keyFile, "utf8")) + (await readFile(certFile, "utf8")));
  return {
    ca: await readFile(caFile, "utf8"),
    caFile,
    certFile,
    keyFile,
    pemFile,
    client: { cert: await readFile(at("client.crt"), "utf8"), key: await readFile(at("client.key"), "utf8") },
    remove: () => removeFolder(folder),
  };
}
