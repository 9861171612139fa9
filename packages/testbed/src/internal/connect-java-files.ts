import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type Log, timed } from "../log.ts";
import { cached } from "./cache.ts";
import { command } from "./command.ts";
import { javac } from "./java.ts";
import { copyDependencies } from "./maven.ts";
import { resource } from "./resource.ts";

const POM = "connect-java/pom.xml";
const SOURCES = ["connect-java/ConnectJava.java", "connect-java/AvroForm.java", "connect-java/Wire.java"];

/** The class path of the Java program, fetched and compiled if it is not there. */
export async function connectJavaFiles(log: Log): Promise<string> {
  const jars = await cached(`connect-java-jars-${await hash([POM])}`, (half) =>
    timed(log, "fetched Connect's and Debezium's transforms", () => copyDependencies(POM, half)),
  );
  const everyJar = join(jars, "*");
  const classes = await cached(`connect-java-${await hash([POM, ...SOURCES])}`, async (half) => {
    await command(javac(), ["-nowarn", "-Xlint:none", "-cp", everyJar, "-d", half, ...SOURCES.map(resource)]);
  });
  return [classes, everyJar].join(delimiter);
}

async function hash(names: readonly string[]): Promise<string> {
  const hashed = createHash("sha256");
  for (const name of names) hashed.update(await readFile(resource(name)));
  return hashed.digest("hex").slice(0, 8);
}
