import { cached } from "./cache.ts";
import { type Log, timed } from "../log.ts";
import { unpackArtifact } from "./maven.ts";

const VERSION = "3.5.0.Final";

/** The folder for Connect's `plugin.path` that holds the Debezium MariaDB connector, fetched if it is not there. */
export function debeziumPlugins(log: Log): Promise<string> {
  return cached(`plugins-debezium-mariadb-${VERSION}`, (half) =>
    timed(log, `fetched Debezium MariaDB ${VERSION}`, () =>
      unpackArtifact(`io.debezium:debezium-connector-mariadb:${VERSION}:tar.gz:plugin`, half),
    ),
  );
}
