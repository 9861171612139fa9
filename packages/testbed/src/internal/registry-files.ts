import { join } from "node:path";
import { type Log, timed } from "../log.ts";
import { cached } from "./cache.ts";
import { unpackArtifact } from "./maven.ts";

/** The last one that runs on Java 17. */
const VERSION = "2.6.13.Final";

/** The jar of the Apicurio registry, fetched if it is not there. */
export async function registryFiles(log: Log): Promise<string> {
  const folder = await cached(`apicurio-registry-${VERSION}`, (half) =>
    timed(log, `fetched Apicurio Registry ${VERSION}`, () =>
      unpackArtifact(`io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`, half),
    ),
  );
  return join(folder, `apicurio-registry-app-${VERSION}-runner.jar`);
}
