export { kafkaTransport } from "./transport.ts";
export type { KafkaTransportOptions } from "./options.ts";
export { type ClientProperties, propertyProblems, type PropertyProblem } from "./properties.ts";
export { type DevelopmentCluster, developmentCluster } from "./development-cluster.ts";
export {
  createTopics,
  existingTopics,
  openReader,
  openWriter,
  type ReadRecord,
  type TopicReader,
  type Writer,
  type WriteRecord,
} from "./clients.ts";
export { type AdminOptions, type KafkaAdmin, openAdmin } from "./admin.ts";
export type {
  BrokerAddress,
  ClusterFacts,
  GroupFacts,
  PartitionFacts,
  Right,
  Rights,
  Settings,
  TopicFacts,
} from "./internal/wire/requests.ts";
export type { NewTopic } from "./internal/topics.ts";
export { type LogReader, openLogReader } from "./log-reader.ts";
