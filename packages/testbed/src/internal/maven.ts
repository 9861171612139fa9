import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, which } from "./command.ts";
import { resource } from "./resource.ts";

const PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";

async function maven(goal: string, args: readonly string[]): Promise<void> {
  const program = which("mvn");
  if (program === undefined)
    throw new Error("no mvn on the PATH: install Maven (it fetches Kafka, Debezium and Cassandra)");
  await command(program, ["-B", "-q", `${PLUGIN}:${goal}`, ...args], { cwd: tmpdir() });
}

/** Copies what a pom of `resources/` depends on, with everything that those depend on, into the folder. */
export function copyDependencies(pom: string, folder: string): Promise<void> {
  return maven("copy-dependencies", ["-f", resource(pom), "-DincludeScope=runtime", `-DoutputDirectory=${folder}`]);
}

/** Unpacks one artifact, `group:artifact:version:type:classifier`, into the folder. */
export function unpackArtifact(artifact: string, folder: string): Promise<void> {
  // Its markers would otherwise go to the current folder.
  return maven("unpack", [
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${folder}`,
    `-DmarkersDirectory=${join(folder, ".markers")}`,
  ]);
}
