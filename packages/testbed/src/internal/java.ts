import { join } from "node:path";
import { command, isExecutable, which } from "./command.ts";
import { resource } from "./resource.ts";

export const OLDEST_JAVA = 17;

export function findJava(): string | undefined {
  const home = process.env["JAVA_HOME"];
  const ofHome = home === undefined ? undefined : join(home, "bin", "java");
  return ofHome !== undefined && isExecutable(ofHome) ? ofHome : which("java");
}

export function java(): string {
  const found = findJava();
  if (found === undefined) throw new Error(`no java on the PATH or in JAVA_HOME: install Java ${OLDEST_JAVA} or newer`);
  return found;
}

export function findJavac(): string | undefined {
  const beside = findJava()?.replace(/java$/, "javac");
  return beside !== undefined && isExecutable(beside) ? beside : which("javac");
}

export function javac(): string {
  const found = findJavac();
  if (found === undefined)
    throw new Error(`no javac beside java or on the PATH: install the JDK ${OLDEST_JAVA} or newer`);
  return found;
}

/** The major version of a java program. */
export async function javaVersion(program: string): Promise<number> {
  const said = await command(program, ["--version"]);
  return Number(/^\S+ (\d+)/.exec(said)?.[1] ?? 0);
}

/** Arguments for a JVM that starts quickly and stays small. */
export function jvm(jars: string, heapMb: number): string[] {
  return [
    `-Xmx${heapMb}m`,
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.awt.headless=true",
    `-Dlog4j2.configurationFile=${resource("log4j2.properties")}`,
    "-cp",
    join(jars, "*"),
  ];
}
