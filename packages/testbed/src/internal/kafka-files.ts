import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { command } from "./command.ts";
import { java, jvm } from "./java.ts";
import { type Log, timed } from "../log.ts";
import { copyDependencies } from "./maven.ts";
import { resource } from "./resource.ts";

const POM = "kafka-pom.xml";

export interface KafkaFiles {
  /** The folder of the jars: broker, command line tools and Connect. */
  readonly jars: string;
  /** What `kafka-storage format` writes for every broker alike: the feature levels of a new cluster. */
  readonly checkpoint: string;
}

/** Kafka's files, fetched if they are not there. */
export async function kafkaFiles(log: Log): Promise<KafkaFiles> {
  const pom = await readFile(resource(POM));
  const version = createHash("sha256").update(pom).digest("hex").slice(0, 8);
  const folder = await cached(`kafka-${version}`, (half) =>
    timed(log, "fetched Kafka and Connect", async () => {
      await copyDependencies(POM, join(half, "jars"));
      await format(half);
    }),
  );
  return { jars: join(folder, "jars"), checkpoint: join(folder, "bootstrap.checkpoint") };
}

/** Formatting takes a JVM, so it is done once here; a new broker then gets a copy and its own meta.properties. */
async function format(folder: string): Promise<void> {
  const work = join(folder, "format");
  const data = join(work, "data");
  const config = join(work, "server.properties");
  await mkdir(data, { recursive: true });
  const lines = [
    "process.roles=broker,controller",
    "node.id=1",
    "controller.quorum.voters=1@127.0.0.1:1",
    "listeners=PLAINTEXT://127.0.0.1:2,CONTROLLER://127.0.0.1:1",
    "controller.listener.names=CONTROLLER",
    `log.dirs=${data}`,
  ];
  await writeFile(config, `${lines.join("\n")}\n`);
  const args = ["kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", config];
  await command(java(), [...jvm(join(folder, "jars"), 128), ...args]);
  await rename(join(data, "bootstrap.checkpoint"), join(folder, "bootstrap.checkpoint"));
  await rm(work, { recursive: true });
}
