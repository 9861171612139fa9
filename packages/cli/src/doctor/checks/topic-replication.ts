import type { TopicFacts } from "@tandem-cdc/kafka";
import { type Check, failure, type Finding, orOk, skipped, warning } from "../check.ts";
import { setTopic } from "../kafka-tools.ts";
import type { Patient } from "../patient.ts";
import { counted, few } from "../words.ts";

export const topicReplication: Check = {
  id: "topics.replication",
  about:
    "Inputs, outputs and `<name>.lanes` have leaders, three replicas where there are three brokers, all in sync, and `min.insync.replicas` of two.",
  async look(patient) {
    const topics = await patient.topicFacts(patient.ownTopicNames(await patient.inputs()));
    if (topics.length === 0) return skipped("there is no topic of the pipeline yet");
    const { brokers } = await patient.cluster();
    const wanted = Math.min(3, brokers.length);
    const found = [
      ...leaderless(topics),
      ...behind(topics),
      ...scarce(topics, wanted, brokers.length),
      ...(wanted === 3 ? await unsafe(patient, topics) : []),
    ];
    return orOk(
      found,
      `${counted(topics.length, "topic")} with ${wanted === 1 ? "a replica" : `${wanted} replicas`} each, in sync`,
    );
  },
};

type Topics = readonly TopicFacts[];

function leaderless(topics: Topics): Finding[] {
  const lanes = lanesWhere(topics, ({ leader }) => leader < 0);
  if (lanes.length === 0) return [];
  return [failure(`no broker leads ${few(lanes)}`, "start the brokers that have replicas of them")];
}

function behind(topics: Topics): Finding[] {
  const lanes = lanesWhere(topics, ({ inSync, replicas }) => inSync.length < replicas.length);
  if (lanes.length === 0) return [];
  return [warning(`replicas are behind or down: ${few(lanes)}`, "see which broker is down or slow, and mend it")];
}

function scarce(topics: Topics, wanted: number, brokers: number): Finding[] {
  const names = topics
    .filter(({ partitions }) => partitions.some(({ replicas }) => replicas.length < wanted))
    .map(({ topic }) => topic);
  if (names.length === 0) return [];
  return [
    warning(
      `fewer than ${wanted} replicas on ${brokers} brokers: ${few(names)}`,
      `kafka-reassign-partitions.sh for those that are there, and default.replication.factor=${wanted} on the brokers for those to come`,
    ),
  ];
}

/** With acks of all, one replica in sync is enough then: what it alone has is lost with it. */
async function unsafe(patient: Patient, topics: Topics): Promise<Finding[]> {
  const settings = await patient.topicSettings(topics.map(({ topic }) => topic));
  const names = settings.filter(({ of }) => Number(of.get("min.insync.replicas")) < 2).map(({ topic }) => topic);
  const [first] = names;
  if (first === undefined) return [];
  return [
    warning(
      `min.insync.replicas is 1: what is committed may be on one broker only: ${few(names)}`,
      `for each: ${setTopic(String(patient.client["bootstrap.servers"]), first, { "min.insync.replicas": 2 })}`,
    ),
  ];
}

function lanesWhere(
  topics: Topics,
  holds: (partition: TopicFacts["partitions"][number]) => boolean,
): readonly string[] {
  return topics.flatMap(({ partitions, topic }) =>
    partitions.filter(holds).map(({ partition }) => `${topic}-${partition}`),
  );
}
