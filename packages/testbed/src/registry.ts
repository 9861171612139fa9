import { join } from "node:path";
import { freePort } from "./internal/free-port.ts";
import { guard, type RegistryUser } from "./internal/guard.ts";
import { java } from "./internal/java.ts";
import { registryFiles } from "./internal/registry-files.ts";
import { ServerProcess } from "./internal/server-process.ts";
import { removeFolder, tempFolder } from "./internal/temp-folder.ts";
import { type Log, stderrLog, timed } from "./log.ts";
import { externalServer, ownServer, type Server } from "./server.ts";

export interface RegistryOptions {
  /** With it, `guardedUrl` lets in only who is this user. */
  readonly user?: RegistryUser;
  readonly log?: Log;
}

export interface RegistryServer extends Server {
  /** Of Confluent's protocol, open to all. */
  readonly url: string;
  /** The same behind a password; undefined without `user`. */
  readonly guardedUrl: string | undefined;
  /** Of the protocol that the Avro converter speaks: see `avroConverters`. */
  readonly converterUrl: string;
  stop(): Promise<void>;
}

/** Apicurio speaks several protocols. */
const CONFLUENT = "/apis/ccompat/v7";
const OWN = "/apis/registry/v2";

/** Starts a schema registry that forgets everything when it ends, or takes the Apicurio that `TANDEM_REGISTRY` (`http://host:port`) names. */
export async function startRegistry({ user, log = stderrLog }: RegistryOptions = {}): Promise<RegistryServer> {
  const external = process.env["TANDEM_REGISTRY"];
  if (external) return externalRegistry(external, user, log);
  const jar = await registryFiles(log);
  const [folder, port] = [await tempFolder("registry"), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const properties = {
    "quarkus.http.host": "127.0.0.1",
    "quarkus.http.port": port,
    "quarkus.log.level": "WARN",
    "java.awt.headless": true,
  };
  const server = new ServerProcess({
    name: "schema registry",
    program: java(),
    args: [
      "-Xms64m",
      "-Xmx256m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      "-jar",
      jar,
    ],
    logFile: join(folder, "server.log"),
    ready: () => answers(`${url}${CONFLUENT}/subjects`),
    startTimeoutMs: 120_000,
    log,
  });
  const guarded = user === undefined ? undefined : await guard(port, user);
  const stop = async (): Promise<void> => {
    await Promise.all([server.end("SIGKILL"), guarded?.close()]);
    await removeFolder(folder);
  };
  try {
    await timed(log, `started a schema registry at ${url}`, () => server.start());
  } catch (error) {
    await stop();
    throw error;
  }
  return Object.assign(ownServer(port, server), addresses(url, guarded?.port), { stop });
}

function addresses(
  url: string,
  guardPort: number | undefined,
): Pick<RegistryServer, "url" | "guardedUrl" | "converterUrl"> {
  return {
    url: `${url}${CONFLUENT}`,
    guardedUrl: guardPort === undefined ? undefined : `http://127.0.0.1:${guardPort}${CONFLUENT}`,
    converterUrl: `${url}${OWN}`,
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

async function externalRegistry(url: string, user: RegistryUser | undefined, log: Log): Promise<RegistryServer> {
  log(`using the schema registry of TANDEM_REGISTRY at ${url}`);
  const { hostname, port } = new URL(url);
  const server = externalServer(`${hostname}:${port || 80}`, "TANDEM_REGISTRY");
  const guarded = user === undefined ? undefined : await guard(server.port, user);
  const stop = async (): Promise<void> => guarded?.close();
  return { ...server, ...addresses(url.replace(/\/$/, ""), guarded?.port), stop };
}
