import { type Check, type Finding, orOk, warning } from "../check.ts";
import { restartBrokers } from "../kafka-tools.ts";
import type { Patient } from "../patient.ts";
import { lowest } from "./kafka-timeouts.ts";

const TOPICS = [
  ["__transaction_state", "transaction.state.log.replication.factor", "a lost broker may stop every transaction"],
  ["__consumer_offsets", "offsets.topic.replication.factor", "a lost broker may take the group's offsets with it"],
] as const;

export const internalTopics: Check = {
  id: "kafka.internal-topics",
  about: "Transaction state and group offsets have three replicas, or as many as there are brokers.",
  async look(patient) {
    const { brokers } = await patient.cluster();
    const wanted = Math.min(3, brokers.length);
    const found: Finding[] = [];
    for (const [topic, property, consequence] of TOPICS) {
      const { exists, replicas } = await replicasOf(patient, topic, property);
      if (replicas >= wanted) continue;
      const again = exists
        ? `raise the replicas of ${topic} to ${wanted} by kafka-reassign-partitions.sh; for new clusters `
        : "";
      found.push(
        warning(
          `${topic} has ${replicas} replica${replicas === 1 ? "" : "s"} on ${brokers.length} brokers: ${consequence}`,
          `${again}${restartBrokers(property, wanted)}`,
        ),
      );
    }
    const alone = brokers.length === 1 ? ", as there is one broker: fit for trials" : "";
    return orOk(found, `transaction state and offsets have ${wanted} replica${wanted === 1 ? "" : "s"}${alone}`);
  },
};

async function replicasOf(
  patient: Patient,
  topic: string,
  property: string,
): Promise<{ readonly exists: boolean; readonly replicas: number }> {
  const [facts] = await patient.topicFacts([topic]);
  if (facts === undefined) return { exists: false, replicas: lowest(await patient.brokerNumbers(property)) };
  return { exists: true, replicas: Math.min(...facts.partitions.map(({ replicas }) => replicas.length)) };
}
