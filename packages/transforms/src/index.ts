// Writing one's own
export {
  type AsyncTransform,
  type BatchTransform,
  type ConfiguredPredicate,
  type ConfiguredTransform,
  type CreateContext,
  type DeclaredPredicate,
  type DeclaredTransform,
  definePredicate,
  defineTransform,
  isDefinition,
  OptionsError,
  type PredicateDefinition,
  type RecordPredicate,
  type RecordTest,
  type RecordTransform,
  type Result,
  type StepOptions,
  type SyncTransform,
  type TransformDefinition,
} from "./define.ts";
export { option, type Pair } from "./options.ts";
export { ConnectRecord, type Converters, type RecordChanges } from "./record.ts";

// Putting them into a pipeline
export { CONVERTER_STAGE, recordTransforms, type StageOptions, transformStages } from "./stage.ts";
export type { Step } from "./step.ts";
export type { RetryOptions } from "./retry.ts";
export { jsonConverter } from "./json/json-converter.ts";

// What there is
export * from "./connect/index.ts";
export * from "./debezium/index.ts";
export * from "./predicates/index.ts";
export { findPredicate, findTransform, type Found, PREDICATES, TRANSFORMS, unknownType } from "./catalog.ts";
export { type Difference, DIFFERENCES } from "./differences.ts";
