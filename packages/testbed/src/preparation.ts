import { installed } from "./internal/apt.ts";
import { cassandraFiles } from "./internal/cassandra-files.ts";
import { connectJavaFiles } from "./internal/connect-java-files.ts";
import { CONNECT_PLUGINS, type ConnectPlugin, connectPlugins } from "./internal/connect-plugins.ts";
import { kafkaFiles } from "./internal/kafka-files.ts";
import { type Log, stderrLog, timed } from "./log.ts";
import { MARIADB } from "./internal/mariadb-programs.ts";
import { POSTGRES } from "./internal/postgres-programs.ts";
import { REDIS } from "./internal/redis-programs.ts";
import { registryFiles } from "./internal/registry-files.ts";

export interface PrepareOptions {
  readonly kafka?: boolean;
  readonly connect?: boolean;
  /** Of `connect`; default: all. */
  readonly plugins?: readonly ConnectPlugin[];
  readonly mariadb?: boolean;
  readonly postgres?: boolean;
  readonly registry?: boolean;
  readonly redis?: boolean;
  readonly cassandra?: boolean;
  /** Of `connectJava`. */
  readonly "connect-java"?: boolean;
  readonly log?: Log;
}

/** Downloads and installs what the servers named need, and starts nothing. What is there already costs nothing. */
export async function prepare({
  kafka,
  connect,
  plugins = CONNECT_PLUGINS,
  mariadb,
  postgres,
  registry,
  redis,
  cassandra,
  "connect-java": java,
  log = stderrLog,
}: PrepareOptions): Promise<void> {
  await timed(log, "prepared", async () => {
    const apt: Promise<unknown>[] = [];
    if (mariadb === true) apt.push(installed(MARIADB, log));
    if (postgres === true) apt.push(installed(POSTGRES, log));
    if (redis === true) apt.push(installed(REDIS, log));
    if (kafka === true || connect === true) await kafkaFiles(log);
    if (connect === true) await connectPlugins(plugins, log);
    if (registry === true) await registryFiles(log);
    if (java === true) await connectJavaFiles(log);
    if (cassandra === true) await cassandraFiles(log);
    await Promise.all(apt);
  });
}
