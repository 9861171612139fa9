import { installed } from "./internal/apt.ts";
import { cassandraFiles } from "./internal/cassandra-files.ts";
import { debeziumPlugins } from "./internal/debezium-files.ts";
import { kafkaFiles } from "./internal/kafka-files.ts";
import { type Log, stderrLog, timed } from "./log.ts";
import { MARIADB } from "./internal/mariadb-programs.ts";
import { REDIS } from "./internal/redis-programs.ts";

export interface PrepareOptions {
  readonly kafka?: boolean;
  readonly connect?: boolean;
  readonly mariadb?: boolean;
  readonly redis?: boolean;
  readonly cassandra?: boolean;
  readonly log?: Log;
}

/** Downloads and installs what the servers named need, and starts nothing. What is there already costs nothing. */
export async function prepare({
  kafka,
  connect,
  mariadb,
  redis,
  cassandra,
  log = stderrLog,
}: PrepareOptions): Promise<void> {
  await timed(log, "prepared", async () => {
    const apt: Promise<unknown>[] = [];
    if (mariadb === true) apt.push(installed(MARIADB, log));
    if (redis === true) apt.push(installed(REDIS, log));
    if (kafka === true || connect === true) await kafkaFiles(log);
    if (connect === true) await debeziumPlugins(log);
    if (cassandra === true) await cassandraFiles(log);
    await Promise.all(apt);
  });
}
