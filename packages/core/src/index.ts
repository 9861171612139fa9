// Records and batches
export { type Lane, type LaneId, laneId, parseLaneId } from "./lane.ts";
export { type Batch, batchBytes, batchOf, type Header, lastHeader, type PlainRecord, RecordView } from "./batch.ts";
export { type RecordChange, select, slice } from "./selection.ts";
export { type Diversion, type Drops, type Outcomes, OutcomesBuilder, passThrough, type Rejection } from "./outcomes.ts";

// What others implement
export type { LaneContext, Transform } from "./transform.ts";
export { not, type Predicate } from "./predicate.ts";
export {
  type ClaimBatch,
  DIGEST_BYTES,
  type Health,
  type KeyStore,
  type Owners,
  type StoreWarning,
} from "./key-store.ts";
export { type Block, type BlockStore, MAX_BLOCK_BYTES, type StoredBlock } from "./claims/block-store.ts";
export type { HashStrategy } from "./hash.ts";
export type { Identified, IdentityStrategy, IdentityWriter, LaneIdentity } from "./identity.ts";
export { type Codec, jsonCodec, type PayloadContext } from "./codec.ts";
export type { PayloadFormat, Projection, ProjectionOptions } from "./payload.ts";
export type { AssignmentListener, LaneProgress, LaneStart, StartingPoint, Transport } from "./transport.ts";
export type { EventOf, Observer, PipelineEvent, StartedLane } from "./observer.ts";
export { type Clock, systemClock } from "./clock.ts";

// Claims: a key store over a log of blocks, and the tables that it answers from
export { checkPacked, packed, type PackedOptions } from "./claims/packed.ts";
export type { AgedBlock } from "./claims/aged-blocks.ts";
export { type BlockVisitor, BlockWriter, readBlock } from "./claims/block-format.ts";
export { ClaimTable, KEPT_DIGEST_BYTES } from "./claims/claim-table.ts";
export { LaneTables } from "./claims/lane-tables.ts";
export {
  type KeyValue,
  orderedBlockStore,
  type OrderedBlockStoreOptions,
  type OrderedKeyValues,
} from "./claims/ordered-block-store.ts";

// Decoded records, in Kafka Connect's terms
export {
  DATE,
  type DataObject,
  type DataValue,
  Decimal,
  DECIMAL,
  type Field,
  isDataObject,
  sameSchema,
  sameValue,
  type Schema,
  type SchemaType,
  TIME,
  TIMESTAMP,
} from "./data/schema.ts";
export type { Converter, EncodeContext, SchemaAndValue, ToEncode } from "./data/converter.ts";

// Composition
export { chain, when } from "./chain.ts";

// Lane state
export { type Anchor, anchorOf, decodeLaneState, encodeLaneState, type LaneState } from "./lane-state.ts";
export { isJsonObject, type JsonObject, type JsonValue } from "./json.ts";

// Errors
export {
  asError,
  type ErrorCode,
  isRetriable,
  type RecordAddress,
  TandemError,
  type TandemErrorOptions,
  TransactionError,
  type TransactionFate,
} from "./errors.ts";

// The runtime
export {
  type CommitOptions,
  createPipeline,
  type ErrorPolicy,
  type Pipeline,
  type PipelineOptions,
  type Redriven,
} from "./runtime/pipeline.ts";
export type { ReplayFrom } from "./runtime/replay.ts";
export {
  type LanePhase,
  type LaneStatus,
  type PipelineState,
  type PipelineStatus,
  type ToldError,
  toldError,
} from "./runtime/status.ts";
