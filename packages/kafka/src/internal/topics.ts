import { TandemError } from "@tandem-cdc/core";
import type { KafkaTransportOptions } from "../options.ts";
import { call } from "./call.ts";
import { createByAsking, isDevelopment } from "./development.ts";
import { codeOf, ERR, transportError } from "./errors.ts";
import { type KafkaConsumer, type LibrdKafkaError, type Metadata, native, type Producer } from "./rdkafka.ts";

const TIMEOUT_MS = 10_000;

/** Partition counts of existing topics. */
export async function partitionCounts(client: KafkaConsumer | Producer, topic?: string): Promise<Map<string, number>> {
  try {
    const metadata = await call<Metadata>("reading metadata", TIMEOUT_MS + 5_000, (done) =>
      client.getMetadata({ ...(topic === undefined ? { allTopics: true } : { topic }), timeout: TIMEOUT_MS }, done),
    );
    return new Map(metadata.topics.filter((t) => t.partitions.length > 0).map((t) => [t.name, t.partitions.length]));
  } catch (thrown) {
    throw transportError("reading metadata", thrown);
  }
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  /** Default: the brokers'. */
  readonly replicationFactor?: number;
  /** Topic configuration, such as `cleanup.policy`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** Creates topics that do not exist; one that exists is left as it is. */
export async function createMissing(conf: Record<string, unknown>, topics: readonly NewTopic[]): Promise<void> {
  if (isDevelopment(conf))
    return createByAsking(
      conf,
      topics.map(({ topic }) => topic),
    );
  const admin = native().AdminClient.create(conf);
  try {
    for (const { topic, partitions, config = {}, replicationFactor = -1 } of topics) {
      const request = { topic, num_partitions: partitions, replication_factor: replicationFactor, config };
      await call(`creating topic ${topic}`, TIMEOUT_MS + 10_000, (done) =>
        admin.createTopic(request, TIMEOUT_MS, (error: LibrdKafkaError | undefined) =>
          done(codeOf(error) === ERR.topicAlreadyExists ? null : error),
        ),
      );
    }
  } catch (thrown) {
    throw transportError("creating topics", thrown);
  } finally {
    admin.disconnect();
  }
}

/** Sees to it that output topics exist with enough partitions before the first record goes there. */
export class OutputTopics {
  readonly #conf: Record<string, unknown>;
  readonly #replicationFactors: ReadonlyMap<string, number>;
  readonly #known = new Map<string, number>();
  /** Partitions that an output topic gets at least where it is created. */
  readonly least: number;

  constructor(
    conf: Record<string, unknown>,
    {
      leastPartitions = 1,
      replicationFactors = new Map(),
    }: Pick<KafkaTransportOptions, "leastPartitions" | "replicationFactors"> = {},
  ) {
    this.#conf = conf;
    this.#replicationFactors = replicationFactors;
    this.least = leastPartitions;
  }

  knows(topic: string, partitions: number): boolean {
    return (this.#known.get(topic) ?? 0) >= partitions;
  }

  /** At least `partitions`; a topic that does not exist gets `wanted`. */
  async ensure(client: Producer, topic: string, partitions: number, wanted: number = partitions): Promise<void> {
    if (this.knows(topic, partitions)) return;
    const replicationFactor = this.#replicationFactors.get(topic) ?? -1;
    await createMissing(this.#conf, [{ topic, partitions: wanted, replicationFactor }]);
    const deadline = Date.now() + TIMEOUT_MS;
    for (;;) {
      const count = (await partitionCounts(client, topic)).get(topic) ?? 0;
      if (count >= partitions) {
        this.#known.set(topic, count);
        return;
      }
      if (count > 0)
        throw new TandemError(
          "CONFIG_INVALID",
          `output topic ${topic} has ${count} partition(s), and a record goes to partition ${partitions - 1}, as its input or a transform has it: add partitions to the output topic, or choose another output.prefix`,
        );
      if (Date.now() > deadline)
        throw new TandemError("TRANSPORT_TIMEOUT", `topic ${topic} was created but does not appear`, {
          retriable: true,
        });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The topics of a pipeline's input that exist, in a stable order. */
export function matching(
  existing: Iterable<string>,
  wanted: readonly (string | RegExp)[],
  excluded: (topic: string) => boolean,
): string[] {
  const found = new Set<string>();
  for (const topic of existing) {
    const named = wanted.includes(topic);
    const matched =
      !topic.startsWith("__") && !excluded(topic) && wanted.some((w) => w instanceof RegExp && matches(w, topic));
    if (named || matched) found.add(topic);
  }
  return [...found].toSorted();
}

/** A global or sticky expression remembers where it stopped. */
function matches(expression: RegExp, topic: string): boolean {
  expression.lastIndex = 0;
  return expression.test(topic);
}
