// One pipeline in a test
export { testPipeline, type TestPipeline } from "./driver/test-pipeline.ts";
export type { PipelineMaker, TestedPipeline } from "./driver/tested-pipeline.ts";
export type { TestChange, TestHeaders, TestRecord } from "./driver/test-record.ts";
export type { ExpectedDeadLetter, ExpectedOutput, Output } from "./driver/output.ts";
export type { Expected } from "./driver/matching.ts";
export type { Duration } from "./driver/duration.ts";

// Whole histories by seed
export { simulate, type SimulateOptions, type SimulationResult } from "./simulate.ts";
export type { HistoryVerdict } from "./simulation/history-run.ts";
export { coverageRows, type CoverageTable } from "./simulation/coverage.ts";
export type { PipelineParts, PipelineSite, Site, Subject } from "./simulation/site.ts";

// The judge
export { audit, type Audit, type AuditedRecord, type Copy, isClean, type Verdict } from "./auditor.ts";

// Time, chance and processes
export { Random } from "./random.ts";
export { Scheduler } from "./scheduler.ts";
export { SimulatedProcess } from "./simulated-process.ts";
export {
  FAULT_RATES,
  type FaultLimits,
  type FaultName,
  Faults,
  type FaultsOptions,
  noFaults,
  type Strike,
  type Strikes,
} from "./faults.ts";

// Kafka
export { SimulatedKafka, type SimulatedKafkaOptions } from "./kafka/simulated-kafka.ts";
export type { LogRecord, PartitionLog, StoredRecord } from "./kafka/partition-log.ts";
export type { Assignment, Group, GroupTimes, Membership, RebalanceProtocol } from "./kafka/group.ts";
export type { Participant, ProducerEpoch, Transaction, Transactions, TransactionTimes } from "./kafka/transactions.ts";
export { BrokerError, type BrokerErrorKind } from "./kafka/broker-error.ts";
export { simulatedTransport, type SimulatedTransportOptions } from "./transport/simulated-transport.ts";

// Key stores
export { type OwnerStore, ownerStore, type OwnerStoreOptions } from "./store/owner-store.ts";
export { blockLog, type BlockLogOptions, faultyBlocks, type FaultyBlocksOptions } from "./store/block-log.ts";
export { faultyStore, type FaultyStoreOptions } from "./store/faulty-store.ts";
export { claimKey, copyClaims } from "./store/claims.ts";

// The invented database and its connectors
export { type Change, Database, type Operation } from "./history/database.ts";
export { Connector, type ConnectorOptions, SOURCE_HEADER, topicOf } from "./history/connector.ts";

// Conformance suites: what a store has to show, as data for any test runner
export type { ConformanceTest, StoreMaker, StoreManifest, StoreOpening } from "./conformance/conformance.ts";
export { keyStoreConformance } from "./conformance/key-store-conformance.ts";
export { blockStoreConformance, packedMaker } from "./conformance/block-store-conformance.ts";
export { type BlockFault, type FaultyBlockStore, faultyBlockStore } from "./conformance/faults.ts";
export { report } from "./conformance/report.ts";
