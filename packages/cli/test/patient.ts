import type { ClusterFacts, GroupFacts, KafkaAdmin, Right, Settings, TopicFacts } from "@tandem-cdc/kafka";
import type { Check, Finding } from "../src/doctor/check.ts";
import { examine } from "../src/doctor/examine.ts";
import { Patient } from "../src/doctor/patient.ts";
import { least, parse, type Tree } from "./support.ts";

export interface FakeTopic {
  readonly partitions?: number;
  readonly replicas?: number;
  readonly inSync?: number;
  readonly leader?: number;
  readonly error?: number;
  readonly rights?: readonly Right[];
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** A cluster as a test describes it. */
export interface FakeKafka {
  readonly brokers?: number;
  readonly topics?: Readonly<Record<string, FakeTopic>>;
  readonly brokerSettings?: Readonly<Record<string, string | number>>;
  readonly clusterRights?: readonly Right[];
  readonly group?: Partial<GroupFacts>;
  readonly transactionalId?: number;
  readonly versions?: Readonly<Record<number, number>>;
  /** Brokers that are not reached. */
  readonly silent?: readonly number[];
}

const ALL: readonly Right[] = ["read", "write", "create", "describe", "describeConfigs"];
const BROKER = {
  "transaction.max.timeout.ms": 900_000,
  "group.min.session.timeout.ms": 6_000,
  "group.max.session.timeout.ms": 1_800_000,
  "message.max.bytes": 1_048_588,
  "offsets.retention.minutes": 10_080,
  "transaction.state.log.replication.factor": 3,
  "offsets.topic.replication.factor": 3,
};
const TOPIC = {
  "cleanup.policy": "delete",
  "retention.ms": 604_800_000,
  "retention.bytes": -1,
  "max.message.bytes": 1_048_588,
  "min.compaction.lag.ms": 0,
  "min.insync.replicas": 2,
};

/** A cluster of three brokers with the input and all that a pipeline needs, changed as the test says. */
export function patientOf(kafka: FakeKafka = {}, change: (config: Tree) => void = () => undefined): Patient {
  const { config } = parse(least(change));
  const topics = { "cdc.shop.orders": {}, ...kafka.topics };
  const brokers = { topics: async () => Object.keys(topics), admin: async () => fakeAdmin({ ...kafka, topics }) };
  return new Patient({ config, configFile: "tandem.yaml", connect: [], brokers });
}

function fakeAdmin(kafka: FakeKafka & { readonly topics: Readonly<Record<string, FakeTopic>> }): KafkaAdmin {
  const { brokers: count = 3, clusterRights = ALL, silent = [], topics } = kafka;
  const brokers = Array.from({ length: count }, (_, i) => ({ id: i + 1, host: "127.0.0.1", port: 9092 + i }));
  const ids = brokers.map(({ id }) => id);
  const factsOf = (topic: string): TopicFacts => {
    const fake = topics[topic] ?? { error: 3, partitions: 0 };
    const { error = 0, inSync, leader = 1, partitions = 2, replicas = count, rights = ALL } = fake;
    const lane = { leader, replicas: ids.slice(0, replicas), inSync: ids.slice(0, inSync ?? replicas) };
    const all = Array.from({ length: error === 0 ? partitions : 0 }, (_, partition) => ({ partition, ...lane }));
    return { topic, error, partitions: all, rights: new Set(rights) };
  };
  const settings = (name: string, values: Readonly<Record<string, string | number>>): Settings => ({
    name,
    values: new Map(Object.entries(values).map(([key, value]) => [key, String(value)])),
  });
  return {
    async cluster(named): Promise<ClusterFacts> {
      const wanted = named ?? Object.keys(topics);
      return { brokers, topics: wanted.map(factsOf), rights: new Set(clusterRights) };
    },
    versions: async () => new Map(Object.entries(kafka.versions ?? { 0: 13, 28: 5 }).map(([k, v]) => [Number(k), v])),
    topicSettings: async (named) => named.map((topic) => settings(topic, { ...TOPIC, ...topics[topic]?.settings })),
    async brokerSettings({ id }) {
      if (silent.includes(id)) throw new Error("connect ECONNREFUSED");
      return settings(String(id), { ...BROKER, ...kafka.brokerSettings });
    },
    group: async () => ({ error: 0, state: "Empty", members: 0, rights: new Set(ALL), ...kafka.group }),
    transactionalId: async () => kafka.transactionalId ?? 0,
    close: () => undefined,
  };
}

/** What one check says of a patient: `status message -> fix`. */
export async function said(check: Check, patient: Patient): Promise<string[]> {
  const found: readonly Finding[] = await examine(patient, { checks: [check], safe: (text) => text });
  return found.map(({ fix, message, status }) => `${status} ${message}${fix === undefined ? "" : ` -> ${fix}`}`);
}
