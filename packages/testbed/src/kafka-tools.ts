import { command } from "./internal/command.ts";
import { java, jvm } from "./internal/java.ts";
import { kafkaFiles } from "./internal/kafka-files.ts";
import { stderrLog } from "./log.ts";

export interface TopicOptions {
  /** Default: the broker's `num.partitions`. */
  readonly partitions?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/**
 * Kafka's own command line tools. Each call starts a JVM, which takes a second or two: good for a few calls where no
 * Kafka client is at hand, too slow for more.
 */
export interface KafkaTools {
  createTopic(name: string, options?: TopicOptions): Promise<void>;
  deleteTopic(name: string): Promise<void>;
  /** The end offset of each partition, in the order of the partitions. */
  endOffsets(topic: string): Promise<number[]>;
  /** Runs a tool by the name of its main class; `--bootstrap-server` is added. Resolves to what it printed. */
  tool(mainClass: string, args: readonly string[]): Promise<string>;
}

const TOPICS = "org.apache.kafka.tools.TopicCommand";

export function kafkaTools(bootstrap: string, jars: string | undefined): KafkaTools {
  const tool = async (mainClass: string, args: readonly string[]): Promise<string> => {
    const from = jars ?? (await kafkaFiles(stderrLog)).jars;
    return command(java(), [...jvm(from, 128), mainClass, "--bootstrap-server", bootstrap, ...args]);
  };
  return {
    tool,
    async createTopic(name, { partitions, config = {} } = {}) {
      const count = partitions === undefined ? [] : ["--partitions", `${partitions}`];
      const configs = Object.entries(config).flatMap(([key, value]) => ["--config", `${key}=${value}`]);
      await tool(TOPICS, ["--create", "--topic", name, ...count, ...configs]);
    },
    async deleteTopic(name) {
      await tool(TOPICS, ["--delete", "--topic", name]);
    },
    async endOffsets(topic) {
      const said = await tool("org.apache.kafka.tools.GetOffsetShell", ["--topic-partitions", topic]);
      const rows = said.split("\n").map((line) => /:(\d+):(\d+)$/.exec(line.trim()));
      const found = rows
        .filter((row) => row !== null)
        .map(([, partition, offset]) => [Number(partition), Number(offset)] as const);
      return found.sort(([a], [b]) => a - b).map(([, offset]) => offset);
    },
  };
}
