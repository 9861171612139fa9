import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { STORE_MODULE } from "./store-process.ts";

export interface ConfigOptions {
  readonly bootstrap: string;
  readonly name: string;
  readonly topic: string;
  /** YAML of `dedup.store`; the memory store without it. */
  readonly store?: string;
  /** Of the store process, instead of `store`. */
  readonly storePort?: number;
  readonly instance?: string;
  /** Default true: the header `connector` names the source. */
  readonly sources?: boolean;
  /** More lines of YAML. */
  readonly more?: string;
}

export interface ConfigFile {
  readonly path: string;
  remove(): void;
}

/** Writes a configuration file of its own. */
export function configFile({
  bootstrap,
  name,
  topic,
  storePort,
  store = storePort === undefined ? "{ type: memory }" : `{ type: "${STORE_MODULE}", port: ${storePort} }`,
  instance = "0",
  sources = true,
  more = "",
}: ConfigOptions): ConfigFile {
  const folder = mkdtempSync(join(tmpdir(), "tandem-acceptance-"));
  const path = join(folder, "tandem.yaml");
  writeFileSync(
    path,
    `name: ${name}\ninstance: "${instance}"\nkafka:\n  bootstrap.servers: ${bootstrap}\ninput:\n  topics: ["${topic}"]\n` +
      `dedup:\n  identity: debezium\n  horizon: 1h\n${sources ? "  sources: { header: connector }\n" : ""}  store: ${store}\nmetrics: { port: 0 }\n${more}`,
  );
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
