import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, which } from "./command.ts";
import { resource } from "./resource.ts";

const DEPENDENCY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";
const JAR = "org.apache.maven.plugins:maven-jar-plugin:3.4.2";

async function maven(goal: string, args: readonly string[]): Promise<void> {
  const program = which("mvn");
  if (program === undefined)
    throw new Error(
      "no mvn on the PATH: install Maven (it fetches Kafka, Debezium, Cassandra and the schema registry)",
    );
  await command(program, ["-B", "-q", goal, ...args], { cwd: tmpdir() });
}

/** Copies what a pom of `resources/` depends on, with everything that those depend on, into the folder. */
export function copyDependencies(pom: string, folder: string): Promise<void> {
  return maven(`${DEPENDENCY}:copy-dependencies`, [
    "-f",
    resource(pom),
    "-DincludeScope=runtime",
    `-DoutputDirectory=${folder}`,
  ]);
}

/** Unpacks one artifact, `group:artifact:version:type:classifier`, into the folder. */
export function unpackArtifact(artifact: string, folder: string): Promise<void> {
  // Its markers would otherwise go to the current folder.
  return maven(`${DEPENDENCY}:unpack`, [
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${folder}`,
    `-DmarkersDirectory=${join(folder, ".markers")}`,
  ]);
}

/** Makes a jar of what lies beside a pom of `resources/`, into the folder; the pom says that its build directory is `${folder}`. */
export async function makeJar(pom: string, folder: string): Promise<void> {
  await maven(`${JAR}:jar`, ["-f", resource(pom), `-Dfolder=${folder}`]);
}
