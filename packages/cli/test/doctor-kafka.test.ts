import { describe, expect, it } from "vitest";
import type { Check } from "../src/doctor/check.ts";
import { internalTopics } from "../src/doctor/checks/internal-topics.ts";
import { inputTopicsExist } from "../src/doctor/checks/input-topics.ts";
import { kafkaBrokers } from "../src/doctor/checks/kafka-brokers.ts";
import { kafkaRights } from "../src/doctor/checks/kafka-rights.ts";
import { sessionTimeout, transactionTimeout } from "../src/doctor/checks/kafka-timeouts.ts";
import { kafkaVersion } from "../src/doctor/checks/kafka-version.ts";
import { lanesTopic } from "../src/doctor/checks/lanes-topic.ts";
import { messageSize } from "../src/doctor/checks/message-size.ts";
import { offsetsRetention } from "../src/doctor/checks/offsets-retention.ts";
import { topicPartitions } from "../src/doctor/checks/topic-partitions.ts";
import { topicReplication } from "../src/doctor/checks/topic-replication.ts";
import { topicRetention } from "../src/doctor/checks/topic-retention.ts";
import { type FakeKafka, patientOf, said } from "./patient.ts";
import { put, type Tree } from "./support.ts";

const IN = "cdc.shop.orders";
const OUT = `dedup.${IN}`;
const DAY = 86_400_000;

interface Case {
  readonly name: string;
  readonly check: Check;
  readonly kafka?: FakeKafka;
  readonly config?: (config: Tree) => void;
  readonly says: RegExp;
}

const ofInput = (settings: Readonly<Record<string, string | number>>): FakeKafka => ({
  topics: { [IN]: { settings } },
});

const CASES: readonly Case[] = [
  {
    name: "a broker that is not reached",
    check: kafkaBrokers,
    kafka: { silent: [2] },
    says: /^failure broker 2 is not reached at 127.0.0.1:9093 -> .*advertised\.listeners/,
  },
  {
    name: "brokers that cannot fence",
    check: kafkaVersion,
    kafka: { versions: { 0: 8, 28: 2 } },
    says: /^failure .*Kafka 2\.4 or newer.* -> upgrade/,
  },
  {
    name: "a transaction that is too long for the brokers",
    check: transactionTimeout,
    kafka: { brokerSettings: { "transaction.max.timeout.ms": 10_000 } },
    says: /^failure .*10000 ms at most.*15000 ms -> .*transaction\.max\.timeout\.ms=900000/,
  },
  {
    name: "a session that is too short for the brokers",
    check: sessionTimeout,
    kafka: { brokerSettings: { "group.min.session.timeout.ms": 30_000 } },
    says: /^failure .*10000.*group\.min\.session\.timeout\.ms is 30000.* -> .*session\.timeout\.ms: 30000/,
  },
  {
    name: "a session that is too long for the brokers",
    check: sessionTimeout,
    config: (c) => put(c, ["kafka", "consumer", "session.timeout.ms"], 2_000_000),
    says: /^failure .*2000000.*group\.max\.session\.timeout\.ms is 1800000/,
  },
  {
    name: "input records that are too large for the output",
    check: messageSize,
    kafka: { topics: { [IN]: { settings: { "max.message.bytes": 5_000_000 } }, [OUT]: {} } },
    says: /^warning .*5000000 bytes.*takes 1048588.* -> kafka-configs\.sh .*--entity-name dedup\.cdc\.shop\.orders --add-config max\.message\.bytes=5000000$/,
  },
  {
    name: "input records that are too large for the output that is to be made",
    check: messageSize,
    kafka: ofInput({ "max.message.bytes": 5_000_000 }),
    says: /^warning .*will take 1048588.* -> create dedup\.cdc\.shop\.orders with max\.message\.bytes=5000000/,
  },
  {
    name: "input records that are too large for the producer",
    check: messageSize,
    kafka: { ...ofInput({ "max.message.bytes": 5_000_000 }), brokerSettings: { "message.max.bytes": 5_000_000 } },
    config: (c) => put(c, ["kafka", "producer", "message.max.bytes"], 2_000_000),
    says: /^warning .*5000000 bytes.*none above 2000000 -> set kafka\.producer: \{ message\.max\.bytes: 5000000 \}$/,
  },
  {
    name: "offsets that are forgotten within the horizon",
    check: offsetsRetention,
    kafka: { brokerSettings: { "offsets.retention.minutes": 60 } },
    says: /^warning .*60\.0 min .*dedup\.horizon \(2\.0 days\).* -> set offsets\.retention\.minutes=2880/,
  },
  {
    name: "a transaction log of one replica",
    check: internalTopics,
    kafka: { topics: { __transaction_state: { replicas: 1 } } },
    says: /^warning __transaction_state has 1 replica on 3 brokers.* -> .*kafka-reassign-partitions\.sh.*replication\.factor=3/,
  },
  {
    name: "an offsets topic that will have one replica",
    check: internalTopics,
    kafka: { brokerSettings: { "offsets.topic.replication.factor": 1 } },
    says: /^warning __consumer_offsets has 1 replica on 3 brokers.* -> set offsets\.topic\.replication\.factor=3/,
  },
  {
    name: "an input that is not there",
    check: inputTopicsExist,
    config: (c) => put(c, ["input", "topics"], ["cdc.shop.items"]),
    says: /^failure input topic cdc\.shop\.items does not exist -> .*kafka-topics\.sh .*--create --topic cdc\.shop\.items/,
  },
  {
    name: "an expression that matches nothing",
    check: inputTopicsExist,
    config: (c) => put(c, ["input", "topics"], ["/^other\\./", IN]),
    says: /^warning no topic matches \/\^other\\\.\/ yet/,
  },
  {
    name: "an output with fewer partitions",
    check: topicPartitions,
    kafka: { topics: { [OUT]: { partitions: 1 } } },
    says: /^failure dedup\.cdc\.shop\.orders has 1 partition, and cdc\.shop\.orders has 2 -> kafka-topics\.sh .*--alter --topic dedup\.cdc\.shop\.orders --partitions 2$/,
  },
  {
    name: "an output with more partitions",
    check: topicPartitions,
    kafka: { topics: { [OUT]: { partitions: 3 } } },
    says: /^warning dedup\.cdc\.shop\.orders has 3 partitions.*stay empty/,
  },
  {
    name: "retention below the horizon",
    check: topicRetention,
    kafka: ofInput({ "retention.ms": DAY }),
    says: /^failure cdc\.shop\.orders keeps records for 24\.0 h .*needs 2\.0 days.* -> kafka-configs\.sh .*--entity-name cdc\.shop\.orders --add-config retention\.ms=259200000$/,
  },
  {
    name: "retention below what a rebuilt memory reads",
    check: topicRetention,
    kafka: ofInput({ "retention.ms": 2.2 * DAY }),
    config: (c) => put(c, ["dedup", "store"], { type: "memory", rebuild: true }),
    says: /^failure .*needs 2\.5 days/,
  },
  {
    name: "retention by size",
    check: topicRetention,
    kafka: ofInput({ "retention.bytes": 1_000_000 }),
    says: /^warning .*1000000 bytes a partition.* -> .*retention\.bytes=-1/,
  },
  {
    name: "compaction within the horizon",
    check: topicRetention,
    kafka: ofInput({ "cleanup.policy": "compact,delete" }),
    says: /^failure .*compacted after 0 ms .* -> .*min\.compaction\.lag\.ms=259200000/,
  },
  {
    name: "a lane without a leader",
    check: topicReplication,
    kafka: { topics: { [IN]: { leader: -1, partitions: 1 } } },
    says: /^failure no broker leads cdc\.shop\.orders-0 -> start/,
  },
  {
    name: "replicas that are behind",
    check: topicReplication,
    kafka: { topics: { [IN]: { inSync: 2, partitions: 1 } } },
    says: /^warning replicas are behind or down: cdc\.shop\.orders-0/,
  },
  {
    name: "one replica",
    check: topicReplication,
    kafka: { topics: { [IN]: { replicas: 1 } } },
    says: /^warning fewer than 3 replicas on 3 brokers: cdc\.shop\.orders -> kafka-reassign-partitions\.sh/,
  },
  {
    name: "one replica in sync being enough",
    check: topicReplication,
    kafka: ofInput({ "min.insync.replicas": 1 }),
    says: /^warning min\.insync\.replicas is 1.* -> .*min\.insync\.replicas=2/,
  },
  {
    name: "lane state that expires",
    check: lanesTopic,
    kafka: { topics: { "orders.lanes": { partitions: 1 } } },
    says: /^failure orders\.lanes has cleanup\.policy=delete.* -> .*cleanup\.policy=compact,retention\.ms=-1/,
  },
  {
    name: "lane state of several partitions",
    check: lanesTopic,
    kafka: { topics: { "orders.lanes": { settings: { "cleanup.policy": "compact" } } } },
    says: /^warning orders\.lanes has 2 partitions/,
  },
  {
    name: "no right to read the input",
    check: kafkaRights,
    kafka: { topics: { [IN]: { rights: ["describe"] } } },
    says: /^failure this user lacks Read on cdc\.shop\.orders -> kafka-acls\.sh .*--operation Read --topic cdc\.shop\.orders$/,
  },
  {
    name: "an input that this user may not see",
    check: kafkaRights,
    kafka: { topics: { [IN]: { error: 29 } } },
    says: /^failure this user lacks Read on cdc\.shop\.orders/,
  },
  {
    name: "no right to create outputs",
    check: kafkaRights,
    kafka: {
      clusterRights: [],
      topics: { [OUT]: { error: 3, rights: ["write", "describe"] }, "orders.late": {}, "orders.lanes": {} },
    },
    says: /^warning this user lacks Create on dedup\.cdc\.shop\.orders -> /,
  },
  {
    name: "no right to the group",
    check: kafkaRights,
    kafka: { group: { error: 30 } },
    says: /^failure this user lacks Read on group orders -> .*--group orders$/,
  },
  {
    name: "a group that may only be looked at",
    check: kafkaRights,
    kafka: { group: { rights: new Set(["describe"] as const) } },
    says: /^failure this user lacks Read on group orders/,
  },
  {
    name: "no right to the transactional id",
    check: kafkaRights,
    kafka: { transactionalId: 53 },
    says: /^failure this user lacks Write on transactional id orders-0 -> .*--transactional-id orders-0$/,
  },
];

describe("the doctor, of Kafka, says what mends", () => {
  it.each(CASES)("$name", async ({ check, config, kafka = {}, says }) => {
    const lines = await said(check, patientOf(kafka, config));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(says);
  });

  it.each([...new Set(CASES.map(({ check }) => check))].map((check) => ({ id: check.id, check })))(
    "$id is ok where nothing is wrong",
    async ({ check }) => {
      const lanes = { "orders.lanes": { partitions: 1, settings: { "cleanup.policy": "compact" } } };
      for (const topics of [{}, { [OUT]: {}, ...lanes, __transaction_state: {}, __consumer_offsets: {} }]) {
        const lines = await said(check, patientOf({ topics }));
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/^ok /);
      }
    },
  );
});

it("where settings are not told, those checks are skipped with the right that is missing", async () => {
  const silent = patientOf({ silent: [1, 2, 3] });
  expect(await said(transactionTimeout, silent)).toEqual([expect.stringMatching(/^skipped .*DescribeConfigs/)]);
});
