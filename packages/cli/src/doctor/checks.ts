import type { Check } from "./check.ts";
import { clocks } from "./checks/clocks.ts";
import {
  connectAlike,
  connectPair,
  connectReachable,
  connectRunning,
  connectSettings,
} from "./checks/connect-checks.ts";
import { exposedEndpoints } from "./checks/exposed-endpoints.ts";
import { inputTopicsExist } from "./checks/input-topics.ts";
import { installScripts } from "./checks/install-scripts.ts";
import { internalTopics } from "./checks/internal-topics.ts";
import { kafkaBrokers } from "./checks/kafka-brokers.ts";
import { kafkaReachable } from "./checks/kafka-reachable.ts";
import { kafkaRights } from "./checks/kafka-rights.ts";
import { sessionTimeout, transactionTimeout } from "./checks/kafka-timeouts.ts";
import { kafkaVersion } from "./checks/kafka-version.ts";
import { lanesTopic } from "./checks/lanes-topic.ts";
import { messageSize } from "./checks/message-size.ts";
import { nativeModulesLoad } from "./checks/native-modules.ts";
import { nodeVersion } from "./checks/node-version.ts";
import { offsetsRetention } from "./checks/offsets-retention.ts";
import { openFiles } from "./checks/open-files.ts";
import { registryReachable, registrySubjects } from "./checks/registry-checks.ts";
import { sourceLag, sourcesSeen } from "./checks/source-lag.ts";
import { storeReachable, storeSafe } from "./checks/store-checks.ts";
import { threadPool } from "./checks/thread-pool.ts";
import { topicPartitions } from "./checks/topic-partitions.ts";
import { topicReplication } from "./checks/topic-replication.ts";
import { topicRetention } from "./checks/topic-retention.ts";

/** Everything that `tandem doctor` looks at, in the order of its answer. */
export const CHECKS: readonly Check[] = [
  nodeVersion,
  nativeModulesLoad,
  installScripts,
  threadPool,
  openFiles,
  exposedEndpoints,
  kafkaReachable,
  kafkaBrokers,
  kafkaVersion,
  kafkaRights,
  transactionTimeout,
  sessionTimeout,
  messageSize,
  offsetsRetention,
  internalTopics,
  clocks,
  inputTopicsExist,
  topicPartitions,
  topicRetention,
  topicReplication,
  lanesTopic,
  sourcesSeen,
  sourceLag,
  registryReachable,
  registrySubjects,
  storeReachable,
  storeSafe,
  connectReachable,
  connectPair,
  connectRunning,
  connectAlike,
  connectSettings,
];
