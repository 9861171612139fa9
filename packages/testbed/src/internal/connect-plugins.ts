import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Log, timed } from "../log.ts";
import { cached } from "./cache.ts";
import { copyDependencies, makeJar, unpackArtifact } from "./maven.ts";

/** What Connect is extended by: Debezium's connectors, and the converter to Avro. */
export const CONNECT_PLUGINS = ["mariadb", "postgres", "mysql", "avro"] as const;
export type ConnectPlugin = (typeof CONNECT_PLUGINS)[number];

const VERSIONS = { mariadb: "3.5.0.Final", postgres: "3.6.1.Final", mysql: "3.5.0.Final", avro: "2.6.13.Final" };

const AVRO_POM = "avro-converter/pom.xml";

/** What the worker has in versions of its own. */
const CLASHING = /^(connect-api|connect-json|kafka-clients|slf4j-api)-/;

/** The folders for Connect's `plugin.path`, fetched if they are not there. */
export function connectPlugins(plugins: readonly ConnectPlugin[], log: Log): Promise<string[]> {
  return Promise.all(plugins.map((plugin) => (plugin === "avro" ? avroConverter(log) : debezium(plugin, log))));
}

function debezium(database: Exclude<ConnectPlugin, "avro">, log: Log): Promise<string> {
  const version = VERSIONS[database];
  return cached(`plugins-debezium-${database}-${version}`, (half) =>
    timed(log, `fetched Debezium ${database} ${version}`, () =>
      unpackArtifact(`io.debezium:debezium-connector-${database}:${version}:tar.gz:plugin`, half),
    ),
  );
}

function avroConverter(log: Log): Promise<string> {
  return cached(`plugins-avro-converter-${VERSIONS.avro}`, (half) =>
    timed(log, `fetched the Avro converter ${VERSIONS.avro}`, async () => {
      const folder = join(half, "apicurio-converter");
      await copyDependencies(AVRO_POM, folder);
      for (const jar of await readdir(folder)) if (CLASHING.test(jar)) await rm(join(folder, jar));
      await makeJar(AVRO_POM, folder);
    }),
  );
}
