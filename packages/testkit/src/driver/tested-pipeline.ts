import type { Clock, Converter, PipelineOptions, Transform } from "@tandem-cdc/core";
import { jsonConverter, type RetryOptions, type Step, transformStages } from "@tandem-cdc/transforms";
import type { Scheduler } from "../scheduler.ts";
import type { PipelineSite } from "../simulation/site.ts";
import { mayWait } from "./real-work.ts";

/** What is put under test: what `createPipeline` takes, without the transport. */
export interface TestedPipeline extends Partial<
  Pick<PipelineOptions, "name" | "output" | "commit" | "errors" | "maxBufferedBytes" | "observer">
> {
  /** In this order: stages such as `dedup(...)`, and transforms that `defineTransform` made, with their predicates. */
  readonly transforms: readonly (Transform | Step)[];
  /** How transforms are tried again. Default: not. */
  readonly retry?: Omit<RetryOptions, "clock">;
  /** How keys and values are encoded. Default: JSON. */
  readonly converters?: { readonly key: Converter; readonly value: Converter };
  /** The topic of records that are sent without one. Default: `input`. */
  readonly topic?: string;
  /** Of each input topic. Default 1. */
  readonly partitions?: number;
}

/** Makes the pipeline anew for each process, so that a crash forgets what it has to. May be given to `simulate` as well. */
export type PipelineMaker = (site: PipelineSite) => TestedPipeline | Promise<TestedPipeline>;

export interface Made {
  readonly parts: TestedPipeline;
  readonly name: string;
  readonly prefix: string;
  readonly topic: string;
  readonly partitions: number;
  readonly converters: NonNullable<TestedPipeline["converters"]>;
}

export function made(parts: TestedPipeline): Made {
  const json = jsonConverter();
  return {
    parts,
    name: parts.name ?? "test",
    prefix: parts.output?.prefix ?? "dedup.",
    topic: parts.topic ?? "input",
    partitions: parts.partitions ?? 1,
    converters: parts.converters ?? { key: json, value: json },
  };
}

/** The pipeline's stages: neighbouring steps share one, as they do where a configuration names them. */
export function stagesOf(
  { converters, parts: { retry, transforms }, prefix }: Made,
  clock: Clock,
  scheduler: Scheduler,
): readonly Transform[] {
  const stages: Transform[] = [];
  let steps: Step[] = [];
  const flush = (): void => {
    const outputTopic = (topic: string): string => prefix + topic;
    const shared = { converters, outputTopic };
    stages.push(...transformStages(steps, retry === undefined ? shared : { ...shared, retry: { ...retry, clock } }));
    steps = [];
  };
  for (const each of transforms) {
    if ("transform" in each) steps.push(each);
    else {
      flush();
      stages.push(each);
    }
  }
  flush();
  return stages.map((stage) => mayWait(stage, scheduler));
}
