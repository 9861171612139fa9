import {
  asError,
  type Batch,
  chain,
  type LaneContext,
  type Outcomes,
  passThrough,
  type RecordChange,
  type Rejection,
  select,
  type ToEncode,
  type Transform,
} from "@tandem-cdc/core";
import { conditional } from "./conditional.ts";
import { opener } from "./opener.ts";
import { prepare } from "./preparing.ts";
import { ConnectRecord, type Converters } from "./record.ts";
import { NO_RETRY, type RetryOptions } from "./retry.ts";
import { applyStep, type Fates, type Item, type Step } from "./step.ts";
import { unlessAborted } from "./unless-aborted.ts";

export interface StageOptions {
  readonly converters: Converters;
  /** The topic that records of a topic go to in the end, for schemas' subjects. Default: that topic. */
  readonly outputTopic?: (topic: string) => string;
  readonly retry?: RetryOptions;
  /** Default: `transforms`. */
  readonly name?: string;
}

/** Stage name of what cannot be encoded after all steps. */
export const CONVERTER_STAGE = "converter";

/**
 * One stage of a pipeline: decodes records when somebody asks, applies the steps in order, and encodes what they changed.
 * A record that a step cannot do is rejected whole, whatever else was made of it.
 */
export function recordTransforms(steps: readonly Step[], options: StageOptions): Transform {
  const { converters, name = "transforms", outputTopic = (topic) => topic, retry = NO_RETRY } = options;
  const open = opener(steps);
  return {
    name,
    openLane: ({ signal }) => unlessAborted(open(), signal),
    async apply(batch, { signal }: LaneContext) {
      if (batch.length === 0) return passThrough(batch);
      const fates = new BatchFates();
      let items: Item[] = [];
      await prepare(batch, converters, signal);
      for (let i = 0; i < batch.length; i++) items.push({ origin: i, record: ConnectRecord.of(batch, i, converters) });
      for (const step of steps) {
        const made = applyStep(step, items, { signal, retry, fates });
        items = made instanceof Promise ? await made : made;
      }
      items = items.filter(({ origin }) => !fates.isRejected(origin));
      await unlessAborted(prepareSchemas(batch, items, converters, outputTopic, signal), signal);
      return outcomes(batch, items, fates, converters, outputTopic);
    },
    async close() {
      for (const { transform } of steps) if (typeof transform === "object") await transform.close?.();
    },
  };
}

/** What became of the records of a batch that do not go on. */
class BatchFates implements Fates {
  readonly rejections = new Map<number, Rejection>();
  readonly drops = new Map<string, number>();

  dropped(_: number, stage: string): void {
    this.drops.set(stage, (this.drops.get(stage) ?? 0) + 1);
  }

  rejected(origin: number, stage: string, cause: Error): void {
    if (!this.rejections.has(origin)) this.rejections.set(origin, { stage, index: origin, cause });
  }

  isRejected(origin: number): boolean {
    return this.rejections.size > 0 && this.rejections.has(origin);
  }
}

const PARTS = ["key", "value"] as const;

function original(batch: Batch, i: number, part: "key" | "value"): Uint8Array | null {
  return part === "key" ? (batch.key(i) ?? batch.value(i)) : (batch.value(i) ?? batch.key(i));
}

async function prepareSchemas(
  batch: Batch,
  items: readonly Item[],
  converters: Converters,
  outputTopic: (topic: string) => string,
  signal: AbortSignal,
): Promise<void> {
  for (const part of PARTS) {
    const converter = converters[part];
    if (converter.prepareSchemas === undefined) continue;
    const made = items.flatMap(({ origin, record }): ToEncode[] => {
      const data = record.made(part);
      if (data === null) return [];
      return [
        { ...data, context: { topic: outputTopic(record.topic), part, original: original(batch, origin, part) } },
      ];
    });
    if (made.length > 0) await converter.prepareSchemas(made, signal);
  }
}

function outcomes(
  batch: Batch,
  items: readonly Item[],
  fates: BatchFates,
  converters: Converters,
  outputTopic: (topic: string) => string,
): Outcomes {
  const encoded: { readonly origin: number; readonly change: RecordChange | null }[] = [];
  for (const { origin, record } of items) {
    try {
      const change = record.changes((part) => {
        const data = record.made(part);
        return data === null
          ? null
          : converters[part].fromConnectData(data, {
              topic: outputTopic(record.topic),
              part,
              original: original(batch, origin, part),
            });
      });
      encoded.push({ origin, change });
    } catch (thrown) {
      fates.rejected(origin, CONVERTER_STAGE, asError(thrown));
    }
  }
  const kept = encoded.filter(({ origin }) => !fates.isRejected(origin));
  if (kept.length === batch.length && kept.every(({ change, origin }, i) => change === null && origin === i))
    return passThrough(batch);
  const origins = Int32Array.from(kept, ({ origin }) => origin);
  const changes = new Map<number, RecordChange>();
  for (const [i, { change }] of kept.entries()) if (change !== null) changes.set(i, change);
  return {
    next: select(batch, origins, changes),
    origins,
    dropped: [...fates.drops].map(([stage, count]) => ({ stage, reason: "filtered", count })),
    rejected: [...fates.rejections.values()].toSorted((a, b) => a.index - b.index),
    diverted: [],
  };
}

/** True for a transform on raw batches, which may remember things in the lane's state. */
function isCore(transform: Step["transform"]): transform is Transform {
  return typeof transform === "object" && "apply" in transform && "name" in transform;
}

/**
 * The stages that steps make: neighbours that work on records share one, so that a record is decoded and encoded once; a
 * core `Transform` is a stage of its own.
 */
export function transformStages(steps: readonly Step[], options: StageOptions): readonly Transform[] {
  const stages: Transform[] = [];
  let group: Step[] = [];
  const flush = (): void => {
    if (group.length > 0)
      stages.push(recordTransforms(group, { ...options, name: `${options.name ?? "transforms"}.${group[0]?.name}` }));
    group = [];
  };
  for (const step of steps) {
    const { name, predicate, transform } = step;
    if (!isCore(transform)) {
      group.push(step);
      continue;
    }
    flush();
    stages.push(
      predicate === undefined
        ? chain([transform], name)
        : conditional(transform, { ...step, predicate }, options.converters),
    );
  }
  flush();
  return stages;
}
