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
  /** YAML of `input.format` and what goes with it, such as `format: avro, registry: {...}`. */
  readonly format?: string;
  /** More of `dedup`, or all of it: "snapshots: emit", "mode: merge, ...". */
  readonly dedup?: string;
  /** More lines of YAML. */
  readonly more?: string;
}

export interface ConfigFile {
  readonly path: string;
  remove(): void;
}

/** Writes a configuration file of its own. */
export function configFile(options: ConfigOptions): ConfigFile {
  const { bootstrap, name, topic, format, instance = "0", more = "" } = options;
  const folder = mkdtempSync(join(tmpdir(), "tandem-acceptance-"));
  const path = join(folder, "tandem.yaml");
  writeFileSync(
    path,
    `name: ${name}\ninstance: "${instance}"\nkafka:\n  bootstrap.servers: ${bootstrap}\n` +
      `input: { topics: ["${topic}"]${format === undefined ? "" : `, ${format}`} }\n` +
      `dedup: { ${dedup(options)} }\nmetrics: { port: 0 }\n${more}`,
  );
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function dedup({
  dedup: more,
  sources = true,
  storePort,
  store = storePort === undefined ? "{ type: memory }" : `{ type: "${STORE_MODULE}", port: ${storePort} }`,
}: ConfigOptions): string {
  const named = sources ? ["sources: { header: connector }"] : [];
  if (more?.startsWith("mode: merge") === true) return [more, ...named].join(", ");
  const added = more === undefined ? [] : [more];
  return ["identity: debezium", "horizon: 1h", ...named, ...added, `store: ${store}`].join(", ");
}
