import { debeziumPlugins } from "./internal/debezium-files.ts";
import { kafkaFiles } from "./internal/kafka-files.ts";
import { type Log, stderrLog, timed } from "./log.ts";
import { mariaDbPrograms } from "./internal/mariadb-programs.ts";

export interface PrepareOptions {
  readonly kafka?: boolean;
  readonly connect?: boolean;
  readonly mariadb?: boolean;
  readonly log?: Log;
}

/** Downloads and installs what the servers named need, and starts nothing. What is there already costs nothing. */
export async function prepare({ kafka, connect, mariadb, log = stderrLog }: PrepareOptions): Promise<void> {
  await timed(log, "prepared", async () => {
    const apt = mariadb === true ? mariaDbPrograms(log) : undefined;
    if (kafka === true || connect === true) await kafkaFiles(log);
    if (connect === true) await debeziumPlugins(log);
    await apt;
  });
}
