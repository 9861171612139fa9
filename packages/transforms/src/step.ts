import { asError, TandemError } from "@tandem-cdc/core";
import type { AsyncTransform, ConfiguredPredicate, ConfiguredTransform, RecordTransform, Result } from "./define.ts";
import { ConnectRecord } from "./record.ts";
import { type RetryOptions, tryAgain } from "./retry.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** A transform with the condition under which it is applied; without one it is applied to every record. */
export interface Step extends ConfiguredTransform {
  readonly predicate?: ConfiguredPredicate;
  readonly negate?: boolean;
}

/** A record on its way through the steps. */
export interface Item {
  /** Index of the record of the batch that it comes from. */
  readonly origin: number;
  readonly record: ConnectRecord;
}

/** Where a step tells what became of records that do not go on. */
export interface Fates {
  dropped(origin: number, stage: string): void;
  rejected(origin: number, stage: string, cause: Error): void;
}

export interface StepContext {
  readonly signal: AbortSignal;
  readonly retry: RetryOptions;
  readonly fates: Fates;
}

const CONCURRENCY = 16;

/** Applies one step to all items, in order. A promise only where something has to be waited for. */
export function applyStep(step: Step, items: readonly Item[], context: StepContext): Item[] | Promise<Item[]> {
  const { transform } = step;
  if (typeof transform === "function") return applySync(step, transform, items, context);
  if ("applyAsync" in transform) return applyAsync(step, transform, items, context);
  if ("applyBatch" in transform) return applyBatch(step, transform.applyBatch.bind(transform), items, context);
  return applySync(
    step,
    (record) => (transform as { apply(record: ConnectRecord): Result }).apply(record),
    items,
    context,
  );
}

/** Whether the step is for the record; an answer that cannot be had rejects it (`null`). */
function concerned(
  { name, negate = false, predicate }: Step,
  { origin, record }: Item,
  { fates }: StepContext,
): boolean | null {
  if (predicate === undefined) return true;
  try {
    return predicate.test(record) !== negate;
  } catch (thrown) {
    fates.rejected(origin, name, asError(thrown));
    return null;
  }
}

function put(result: Result | undefined, { origin, record }: Item, stage: string, out: Item[], fates: Fates): void {
  if (result instanceof ConnectRecord && result.isOfOneWith(record)) {
    out.push({ origin, record: result });
    return;
  }
  const records = result === null ? [] : result instanceof ConnectRecord ? [result] : result;
  if (!isList(records)) fates.rejected(origin, stage, noRecord(stage, result));
  else if (!records.every((each) => each.isOfOneWith(record))) fates.rejected(origin, stage, anotherRecord(stage));
  else if (records.length === 0) fates.dropped(origin, stage);
  else for (const each of records) out.push({ origin, record: each });
}

/** Its key, headers and coordinate would be those of the record in whose place it stands. */
function anotherRecord(stage: string): TandemError {
  return new TandemError(
    "TRANSFORM_FAILED",
    `transform "${stage}" returned another record than the one that it was given: return that one, or what its with({ ... }) gives`,
  );
}

/** What an author returns may be anything. */
function isList(result: unknown): result is readonly ConnectRecord[] {
  return Array.isArray(result) && result.every((each) => each instanceof ConnectRecord);
}

function noRecord(stage: string, result: unknown): TandemError {
  if (result instanceof Promise) {
    // It has been told; nobody waits for it.
    result.catch(() => undefined);
    return new TandemError(
      "TRANSFORM_FAILED",
      `transform "${stage}" returned a promise: what waits is written as { applyAsync(record, signal) }`,
    );
  }
  const what = Array.isArray(result) ? "a list of other things than records" : typeof result;
  return new TandemError(
    "TRANSFORM_FAILED",
    `transform "${stage}" returned ${what}: return the record, what record.with({ ... }) gives, or null to drop it`,
  );
}

function applySync(
  step: Step,
  apply: (record: ConnectRecord) => Result,
  items: readonly Item[],
  context: StepContext,
  out: Item[] = [],
  from = 0,
): Item[] | Promise<Item[]> {
  for (let i = from; i < items.length; i++) {
    const item = items[i] as Item;
    const wanted = concerned(step, item, context);
    if (wanted === null) continue;
    if (!wanted) {
      out.push(item);
      continue;
    }
    try {
      put(apply(item.record), item, step.name, out, context.fates);
    } catch (thrown) {
      if (context.retry.timeoutMs === 0) context.fates.rejected(item.origin, step.name, asError(thrown));
      // The rest waits for this one.
      else return retried(step, apply, items, context, out, i, thrown);
    }
  }
  return out;
}

async function retried(
  step: Step,
  apply: (record: ConnectRecord) => Result,
  items: readonly Item[],
  context: StepContext,
  out: Item[],
  i: number,
  error: unknown,
): Promise<Item[]> {
  const item = items[i] as Item;
  try {
    const result = await tryAgain(error, () => apply(item.record), context.retry, context.signal);
    put(result, item, step.name, out, context.fates);
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    context.fates.rejected(item.origin, step.name, asError(thrown));
  }
  return applySync(step, apply, items, context, out, i + 1);
}

type Settled = { readonly result: Result } | { readonly error: unknown } | "around" | "rejected";

async function applyAsync(
  step: Step,
  transform: AsyncTransform,
  items: readonly Item[],
  context: StepContext,
): Promise<Item[]> {
  const { retry, signal } = context;
  const settled: Settled[] = [];
  let next = 0;
  const one = async (record: ConnectRecord): Promise<Settled> => {
    const call = async (): Promise<Result> => transform.applyAsync(record, signal);
    try {
      try {
        return { result: await call() };
      } catch (thrown) {
        return { result: await tryAgain(thrown, call, retry, signal) };
      }
    } catch (error) {
      return { error };
    }
  };
  const work = async (): Promise<void> => {
    while (next < items.length && !signal.aborted) {
      const i = next++;
      const item = items[i] as Item;
      const wanted = concerned(step, item, context);
      settled[i] = wanted === null ? "rejected" : wanted ? await one(item.record) : "around";
    }
  };
  // Without a worker no record would go on, whatever an author says.
  const workers = Math.max(1, Math.floor((transform.concurrency ?? CONCURRENCY) || 1));
  await unlessAborted(Promise.all(Array.from({ length: Math.min(items.length, workers) }, work)), signal);
  const out: Item[] = [];
  for (const [i, item] of items.entries()) {
    const fate = settled[i];
    if (fate === "around") out.push(item);
    else if (fate === undefined || fate === "rejected") continue;
    else if ("error" in fate) context.fates.rejected(item.origin, step.name, asError(fate.error));
    else put(fate.result, item, step.name, out, context.fates);
  }
  return out;
}

type ApplyBatch = Extract<RecordTransform, { applyBatch: unknown }>["applyBatch"];

async function applyBatch(
  step: Step,
  apply: ApplyBatch,
  items: readonly Item[],
  context: StepContext,
): Promise<Item[]> {
  const { fates, retry, signal } = context;
  const wanted = items.map((item) => concerned(step, item, context));
  const chosen = items.filter((_, i) => wanted[i] === true);
  const results = new Map<Item, Result | Error>();
  if (chosen.length > 0) {
    const records = chosen.map(({ record }) => record);
    const call = async (): Promise<readonly (Result | Error)[]> => {
      const made = await unlessAborted(Promise.resolve(apply(records, signal)), signal);
      if (!Array.isArray(made) || made.length !== records.length)
        throw new TandemError(
          "TRANSFORM_FAILED",
          `transform "${step.name}" answered ${Array.isArray(made) ? made.length : "no list of"} results to ${records.length} records: give one for each (null drops)`,
        );
      return made;
    };
    let made: readonly (Result | Error)[];
    try {
      try {
        made = await call();
      } catch (thrown) {
        made = await tryAgain(thrown, call, retry, signal);
      }
    } catch (thrown) {
      // Nobody knows which record it was.
      if (signal.aborted) throw thrown;
      made = records.map(() => asError(thrown));
    }
    for (const [i, item] of chosen.entries()) results.set(item, made[i] as Result | Error);
  }
  const out: Item[] = [];
  for (const [i, item] of items.entries()) {
    if (wanted[i] === null) continue;
    if (wanted[i] === false) {
      out.push(item);
      continue;
    }
    const result = results.get(item);
    if (result instanceof Error) fates.rejected(item.origin, step.name, result);
    else put(result, item, step.name, out, fates);
  }
  return out;
}
