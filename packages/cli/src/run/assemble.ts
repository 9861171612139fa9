import { createPipeline, type Observer, type Pipeline, type Transport } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup, loadHash } from "@tandem-cdc/dedup";
import { kafkaTransport } from "@tandem-cdc/kafka";
import type { Config } from "../config/schema.ts";
import { topicOf } from "../config/topic-pattern.ts";
import { openStore } from "./store.ts";

export interface Assembled {
  readonly pipeline: Pipeline;
  readonly transport: Transport;
}

export interface AssembleOptions {
  readonly configFile: string;
  readonly observer: Observer;
  readonly onNotice: (notice: string) => void;
}

/** The pipeline that a configuration describes. */
export async function assemble(
  config: Config,
  { configFile, observer, onNotice }: AssembleOptions,
): Promise<Assembled> {
  const { commit, dedup: wanted, errors, input, instance, kafka, name, output } = config;
  const { consumer, producer, ...client } = kafka;
  const keyStore = await openStore(config, configFile);
  const transport = kafkaTransport({
    name,
    instance,
    topics: input.topics.map(topicOf),
    exclude: (topic) => topic.startsWith(output.prefix) || topic === errors.deadLetter?.topic,
    client,
    consumer,
    producer,
    onNotice,
  });
  const { sources } = wanted;
  const identity = debeziumIdentity(
    sources === undefined
      ? {}
      : { sources: { header: sources.header, ...(sources.names === undefined ? {} : { names: sources.names }) } },
  );
  const pipeline = createPipeline({
    name,
    transport,
    transforms: [
      dedup({
        identity,
        keyStore,
        hash: await loadHash(wanted.hash),
        snapshots: wanted.snapshots,
        tombstones: wanted.tombstones,
      }),
    ],
    output,
    commit,
    errors: {
      tolerance: errors.tolerance,
      ...(errors.deadLetter === undefined ? {} : { deadLetterTopic: errors.deadLetter.topic }),
    },
    observer,
  });
  return { pipeline, transport };
}
