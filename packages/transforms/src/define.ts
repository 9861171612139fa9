import type { Transform } from "@tandem-cdc/core";
import { TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import type { ConnectRecord } from "./record.ts";

/** What a record becomes: one, several in this order, or none (`null` drops it). */
export type Result = ConnectRecord | readonly ConnectRecord[] | null;

interface Life {
  /** Called once, before the first record: load what is loaded. */
  open?(): Promise<void> | void;
  /** Called once, at the end. */
  close?(): Promise<void> | void;
}

/** Record by record. */
export interface SyncTransform extends Life {
  apply(record: ConnectRecord): Result;
}

/** Record by record, several at a time; results stay in the records' order. */
export interface AsyncTransform extends Life {
  applyAsync(record: ConnectRecord, signal: AbortSignal): Promise<Result>;
  /** Calls under way at most. Default 16. */
  readonly concurrency?: number;
}

/** Many records at once: as many results, in their order. An `Error` in a place rejects that record. */
export interface BatchTransform extends Life {
  applyBatch(
    records: readonly ConnectRecord[],
    signal: AbortSignal,
  ): readonly (Result | Error)[] | Promise<readonly (Result | Error)[]>;
}

/** What an author writes. A core `Transform` sees raw bytes and may remember things in the lane's state. */
export type RecordTransform =
  | ((record: ConnectRecord) => Result)
  | SyncTransform
  | AsyncTransform
  | BatchTransform
  | Transform;

export type RecordTest = (record: ConnectRecord) => boolean;

/** What an author writes of a predicate. */
export type RecordPredicate = RecordTest | { readonly test: RecordTest; open?(): Promise<void> | void };

export interface CreateContext {
  /** Its name in the configuration. */
  readonly name: string;
  /** The part of the record that it is for. */
  readonly part: "key" | "value";
  /** The folder that relative paths start from. */
  readonly folder: string;
  /** Another predicate of the configuration, by its name. Throws where there is none. */
  readonly predicate: (name: string) => ConfiguredPredicate;
}

/** How one is put into a pipeline. */
export interface StepOptions {
  /** Names it in errors, dead letters and metrics. Default: the definition's name. */
  readonly name?: string;
  readonly part?: "key" | "value";
  readonly folder?: string;
  readonly predicate?: (name: string) => ConfiguredPredicate;
}

interface Declared<O extends z.ZodType> {
  /** Its type in configurations, such as `MaskField`. */
  readonly name: string;
  /** One paragraph for the reference page. */
  readonly doc?: string;
  /** Declares, documents and checks the options: a zod object of `option.…()`. Default: none. */
  readonly options?: O;
  /** Java classes that it stands in for. */
  readonly aliases?: readonly string[];
}

export interface DeclaredTransform<O extends z.ZodType> extends Declared<O> {
  /** True where it is for one part of the record: then `Name$Key` and `Name$Value` are its types, and `Name` is `Name$Value`. */
  readonly part?: boolean;
  create(options: z.output<O>, context: CreateContext): RecordTransform;
}

export interface DeclaredPredicate<O extends z.ZodType> extends Declared<O> {
  create(options: z.output<O>, context: CreateContext): RecordPredicate;
}

/** A transform with its options: a step of a pipeline. */
export interface ConfiguredTransform {
  readonly name: string;
  readonly transform: RecordTransform;
}

export interface ConfiguredPredicate {
  readonly name: string;
  readonly test: RecordTest;
  open?(): Promise<void> | void;
}

interface Definition<K extends "transform" | "predicate", O extends z.ZodType> {
  readonly kind: K;
  readonly type: string;
  readonly doc: string;
  readonly options: O;
  readonly aliases: readonly string[];
}

/** Called with options (checked at once), it makes a step. */
export interface TransformDefinition<O extends z.ZodType = z.ZodType> extends Definition<"transform", O> {
  (options: z.input<O>, step?: StepOptions): ConfiguredTransform;
  readonly part: boolean;
}

export interface PredicateDefinition<O extends z.ZodType = z.ZodType> extends Definition<"predicate", O> {
  (options: z.input<O>, step?: StepOptions): ConfiguredPredicate;
}

/** What is wrong with options, one per problem, by path. */
export class OptionsError extends TandemError {
  override readonly name: string = "OptionsError";
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];

  constructor(type: string, issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]) {
    super(
      "CONFIG_INVALID",
      `${type}: ${issues.map(({ message, path }) => (path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`)).join("; ")}`,
    );
    this.issues = issues;
  }
}

function parsed<O extends z.ZodType>(type: string, options: O, given: unknown): z.output<O> {
  const result = options.safeParse(given ?? {});
  if (!result.success) throw new OptionsError(type, result.error.issues);
  return result.data;
}

const NO_OPTIONS: z.ZodType = z.strictObject({});

function noPredicate(name: string): never {
  throw new TandemError("CONFIG_INVALID", `there is no predicate "${name}"`);
}

function contextOf(
  type: string,
  { folder = process.cwd(), name = type, part = "value", predicate = noPredicate }: StepOptions,
): CreateContext {
  return { name, part, folder, predicate };
}

/** What `create` gave may be anything where no compiler has looked at it. */
function checkedTransform(type: string, made: RecordTransform): RecordTransform {
  if (typeof made === "function") return made;
  const has = (name: string): boolean =>
    typeof (made as unknown as Record<string, unknown> | null | undefined)?.[name] === "function";
  if (!["apply", "applyAsync", "applyBatch"].some(has))
    throw new TandemError(
      "CONFIG_INVALID",
      `${type}: create has to return a function, or an object with apply, applyAsync or applyBatch`,
    );
  return made;
}

/** Anything but true and false would be taken for one of them, and nobody would see it. */
function yesOrNo(name: string, test: RecordTest): RecordTest {
  return (record) => {
    const answer: unknown = test(record);
    if (typeof answer === "boolean") return answer;
    throw new TandemError(
      "TRANSFORM_FAILED",
      `predicate "${name}" has to give true or false, not ${answer instanceof Promise ? "a promise" : typeof answer}`,
    );
  };
}

/**
 * Declares a transform: its types, defaults, validation, help and reference page come from this one declaration. Throws an
 * `OptionsError` where it is called with wrong options.
 */
export function defineTransform<O extends z.ZodType>(declared: DeclaredTransform<O>): TransformDefinition<O> {
  const { aliases = [], doc = "", name: type, part = false } = declared;
  const options = declared.options ?? (NO_OPTIONS as O);
  const definition = (given: z.input<O>, step: StepOptions = {}): ConfiguredTransform => {
    const context = contextOf(type, step);
    return {
      name: context.name,
      transform: checkedTransform(type, declared.create(parsed(type, options, given), context)),
    };
  };
  return Object.assign(definition, { kind: "transform", type, doc, options, aliases, part } as const);
}

/** Declares a predicate. */
export function definePredicate<O extends z.ZodType>(declared: DeclaredPredicate<O>): PredicateDefinition<O> {
  const { aliases = [], doc = "", name: type } = declared;
  const options = declared.options ?? (NO_OPTIONS as O);
  const definition = (given: z.input<O>, step: StepOptions = {}): ConfiguredPredicate => {
    const context = contextOf(type, step);
    const made = declared.create(parsed(type, options, given), context);
    const { name } = context;
    if (typeof made === "function") return { name, test: yesOrNo(name, made) };
    return { name, test: yesOrNo(name, (record) => made.test(record)), open: () => made.open?.() };
  };
  return Object.assign(definition, { kind: "predicate", type, doc, options, aliases } as const);
}

/** True for what `defineTransform` and `definePredicate` make. */
export function isDefinition(value: unknown): value is TransformDefinition | PredicateDefinition {
  return typeof value === "function" && "kind" in value && (value.kind === "transform" || value.kind === "predicate");
}
