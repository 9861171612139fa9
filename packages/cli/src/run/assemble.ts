import { dirname, resolve } from "node:path";
import {
  createPipeline,
  type HashStrategy,
  type IdentityStrategy,
  type KeyStore,
  type Observer,
  type Pipeline,
  type Transport,
} from "@tandem-cdc/core";
import { loadHash, type RebuildOptions } from "@tandem-cdc/dedup";
import { kafkaTransport } from "@tandem-cdc/kafka";
import { mayBeInput } from "../config/own-topics.ts";
import type { Config } from "../config/schema.ts";
import { isBuiltIn } from "../config/stores/store.ts";
import { topicOf } from "../config/topic-pattern.ts";
import { dedupStage } from "./dedup-stage.ts";
import { identityOf } from "./strategies.ts";
import { patiently } from "./patiently.ts";
import { openStore } from "./store.ts";

export interface Assembled {
  readonly pipeline: Pipeline;
  readonly transport: Transport;
}

export interface AssembleOptions {
  readonly configFile: string;
  readonly observer: Observer;
  readonly onNotice: (notice: string) => void;
  /** Ends the wait for a store that is not there yet: `assemble` rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** The pipeline that a configuration describes. Waits for its store, and tells the observer so (`stalled`). */
export async function assemble(
  config: Config,
  { configFile, observer, onNotice, signal = new AbortController().signal }: AssembleOptions,
): Promise<Assembled> {
  const transport = transportOf(config, onNotice);
  try {
    const hash = await loadHash(config.dedup.hash);
    const identity = await identityOf(config, configFile);
    const keyStore = await patiently(() => openStore(config, configFile), {
      signal,
      onWaiting: (error, retryInMs) => observer.observe({ type: "stalled", lane: null, error, retryInMs }),
    });
    return {
      pipeline: pipelineOf(config, {
        transport,
        identity,
        keyStore,
        hash,
        observer,
        rebuild: rebuildOf(config, configFile, onNotice),
      }),
      transport,
    };
  } catch (thrown) {
    await transport.close();
    throw thrown;
  }
}

function transportOf(config: Config, onNotice: (notice: string) => void): Transport {
  const { input, instance, kafka, name } = config;
  const mayBe = mayBeInput(config);
  const { consumer, producer, ...client } = kafka;
  return kafkaTransport({
    name,
    instance,
    topics: input.topics.map(topicOf),
    exclude: (topic) => !mayBe(topic),
    client,
    consumer,
    producer,
    onNotice,
  });
}

interface Parts {
  readonly transport: Transport;
  readonly identity: IdentityStrategy;
  readonly keyStore: KeyStore;
  readonly hash: HashStrategy;
  readonly observer: Observer;
  readonly rebuild: RebuildOptions | undefined;
}

function pipelineOf(config: Config, { hash, identity, keyStore, observer, rebuild, transport }: Parts): Pipeline {
  const { commit, errors, name, output } = config;
  return createPipeline({
    name,
    transport,
    transforms: [dedupStage(config, { identity, keyStore, hash, ...(rebuild === undefined ? {} : { rebuild }) })],
    output,
    commit,
    errors: {
      tolerance: errors.tolerance,
      ...(errors.deadLetter === undefined ? {} : { deadLetterTopic: errors.deadLetter.topic }),
    },
    observer,
  });
}

/** How claims are made again from the log at every start, where they are. */
function rebuildOf(
  { dedup: { horizon, store } }: Config,
  configFile: string,
  onNotice: (notice: string) => void,
): RebuildOptions | undefined {
  if (!isBuiltIn(store) || store.type !== "memory" || !store.rebuild) return undefined;
  const { checkpoint } = store;
  return {
    horizonMs: horizon,
    onNotice,
    ...(checkpoint === undefined ? {} : { checkpoint: resolve(dirname(configFile), checkpoint) }),
  };
}
