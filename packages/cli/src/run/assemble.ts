import { dirname, resolve } from "node:path";
import {
  type Clock,
  createPipeline,
  type Observer,
  type Pipeline,
  type ReplayFrom,
  type Transform,
  type Transport,
} from "@tandem-cdc/core";
import { loadHash, type RebuildOptions } from "@tandem-cdc/dedup";
import { kafkaTransport } from "@tandem-cdc/kafka";
import { transformStages } from "@tandem-cdc/transforms";
import { mayBeInput } from "../config/own-topics.ts";
import type { Config } from "../config/schema.ts";
import { isBuiltIn } from "../config/stores/store.ts";
import { topicOf } from "../config/topic-pattern.ts";
import { dedupStage } from "./dedup-stage.ts";
import { errorPolicy, replicationFactors, retryOf } from "./error-policy.ts";
import { converterOf } from "./format.ts";
import { mergeStage } from "./merge-stage.ts";
import { patiently } from "./patiently.ts";
import { stepsOf } from "./steps.ts";
import { openStore } from "./store.ts";
import { strategiesOf } from "./strategies.ts";

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
  /** Where a deliberate replay begins. */
  readonly replay?: ReplayFrom;
}

/** The pipeline that a configuration describes. Waits for its store, and tells the observer so (`stalled`). */
export async function assemble(config: Config, options: AssembleOptions): Promise<Assembled> {
  const transport = transportOf(config, options.onNotice);
  try {
    const later = await laterStages(config, options.configFile);
    const first = config.dedup.mode === "merge" ? mergeStage(config) : await claimsStage(config, options);
    return { pipeline: pipelineOf(config, { transport, stages: [first, ...later], options }), transport };
  } catch (thrown) {
    await transport.close();
    throw thrown;
  }
}

async function claimsStage(
  config: Config,
  { configFile, observer, onNotice, signal = new AbortController().signal }: AssembleOptions,
): Promise<Transform> {
  const hash = await loadHash(config.dedup.hash);
  const strategies = await strategiesOf(config, configFile);
  const keyStore = await patiently(() => openStore(config, configFile), {
    signal,
    onWaiting: (error, retryInMs) => observer.observe({ type: "stalled", lane: null, error, retryInMs }),
  });
  const rebuild = rebuildOf(config, configFile, onNotice);
  return dedupStage(config, { ...strategies, keyStore, hash, ...(rebuild === undefined ? {} : { rebuild }) });
}

/** What follows dedup. */
export async function laterStages(config: Config, configFile: string, clock?: Clock): Promise<readonly Transform[]> {
  const steps = await stepsOf(config, configFile);
  if (steps.length === 0) return [];
  const converter = await converterOf(config);
  return transformStages(steps, {
    converters: { key: converter, value: converter },
    outputTopic: (topic) => config.output.prefix + topic,
    retry: { ...retryOf(config), ...(clock === undefined ? {} : { clock }) },
  });
}

function transportOf(config: Config, onNotice: (notice: string) => void): Transport {
  const { input, instance, kafka, leaveOnStop, name } = config;
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
    leaveOnStop,
    replicationFactors: replicationFactors(config),
    onNotice,
  });
}

interface Parts {
  readonly transport: Transport;
  readonly stages: readonly Transform[];
  readonly options: AssembleOptions;
}

function pipelineOf(config: Config, { options, stages, transport }: Parts): Pipeline {
  const { commit, name, output } = config;
  const { observer, replay } = options;
  return createPipeline({
    name,
    transport,
    transforms: stages,
    output,
    commit,
    errors: errorPolicy(config),
    ...(replay === undefined ? {} : { replay: { from: replay } }),
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
