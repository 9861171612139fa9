import type { KeyStore } from "@tandem-cdc/core";
import {
  type ClientProperties,
  type ClusterFacts,
  existingTopics,
  type KafkaAdmin,
  openAdmin,
  type Settings,
  type TopicFacts,
} from "@tandem-cdc/kafka";
import { inputTopics, ownTopics } from "../config/own-topics.ts";
import type { Config } from "../config/schema.ts";
import { registryOf } from "../run/format.ts";
import { openStore } from "../run/store.ts";
import { Unmet } from "./check.ts";
import { connectorsAt, type FoundConnectors } from "./connect-rest.ts";
import { Resource } from "./resource.ts";
import { type NewestChanges, readNewest } from "./newest-changes.ts";

/** Nothing is waited for longer, so that a check ends within its ten seconds. */
const ANSWER_MS = 5_000;

/** How Kafka is asked. */
export interface Brokers {
  /** By the client that the pipeline uses: it knows why it cannot connect. */
  topics(client: ClientProperties): Promise<readonly string[]>;
  admin(client: ClientProperties): Promise<KafkaAdmin>;
}

const BROKERS: Brokers = {
  topics: (client) => existingTopics(client, ANSWER_MS),
  admin: (client) => openAdmin(client, { timeoutMs: ANSWER_MS }),
};

export interface PatientOptions {
  readonly config: Config;
  readonly configFile: string;
  /** Kafka Connect's workers, by URL. */
  readonly connect: readonly string[];
  readonly brokers?: Brokers;
}

/** A configuration, and what its servers say: each is asked once, when the first check needs it. */
export class Patient {
  readonly config: Config;
  readonly configFile: string;
  readonly connect: readonly string[];
  readonly client: ClientProperties;
  readonly #brokers: Brokers;

  constructor({ brokers = BROKERS, config, configFile, connect }: PatientOptions) {
    this.#brokers = brokers;
    this.config = config;
    this.configFile = configFile;
    this.connect = connect;
    const { consumer: _consumer, producer: _producer, ...client } = config.kafka;
    this.client = client;
  }

  /** A property of the pipeline's clients, as it will be. */
  property(part: "consumer" | "producer", name: string, fallback: number): number {
    return Number(this.config.kafka[part][name] ?? this.client[name] ?? fallback);
  }

  readonly topics = new Resource(
    () => "the brokers do not answer (kafka.reachable)",
    () => this.#brokers.topics(this.client),
  );

  readonly #admin = new Resource(
    ({ message }) => `the brokers cannot be asked for their settings: ${message}`,
    async () => {
      await this.topics.need();
      return this.#brokers.admin(this.client);
    },
  );

  readonly #cluster = new Resource(
    ({ message }) => `the brokers do not say what they have: ${message}`,
    async () => {
      const admin = await this.admin();
      const all = await admin.cluster();
      // One that this user may not see is not among all.
      const named = this.ownTopicNames(inputTopics(this.config, namesOf(all)));
      const asked = await admin.cluster(named);
      const known = new Set(namesOf(asked));
      return { ...all, topics: [...all.topics.filter(({ topic }) => !known.has(topic)), ...asked.topics] };
    },
  );

  readonly #brokerSettings = new Resource(
    ({ message }) => `the brokers do not tell their settings: ${message}`,
    async () => {
      const [admin, { brokers }] = await Promise.all([this.admin(), this.cluster()]);
      return Promise.all(
        brokers.map((broker) =>
          admin.brokerSettings(broker).catch(() => ({ name: String(broker.id), error: -1, message: "no answer" })),
        ),
      );
    },
  );

  readonly store = new Resource<KeyStore>(
    () => "the store does not answer (store.reachable)",
    () => openStore(this.config, this.configFile),
  );

  readonly subjects = new Resource(
    () => "the registry does not answer (registry.reachable)",
    async () => {
      const registry = await registryOf(this.config);
      try {
        return await registry.subjects();
      } finally {
        registry.close();
      }
    },
  );

  readonly newest = new Resource<NewestChanges>(
    ({ message }) => `the newest changes cannot be read: ${message}`,
    async () => {
      await this.topics.need();
      return readNewest(this.config, this.configFile, await this.inputs());
    },
  );

  readonly connectors = new Resource<FoundConnectors>(
    () => "Kafka Connect does not answer (connect.reachable)",
    async () => connectorsAt(this.connect, ANSWER_MS),
  );

  admin(): Promise<KafkaAdmin> {
    return this.#admin.need();
  }

  cluster(): Promise<ClusterFacts> {
    return this.#cluster.need();
  }

  brokerSettings(): Promise<readonly Settings[]> {
    return this.#brokerSettings.need();
  }

  /** A setting by broker; skips the check where none tells. */
  async brokerNumbers(name: string): Promise<readonly { readonly broker: string; readonly value: number }[]> {
    const told = (await this.brokerSettings()).flatMap((settings) =>
      "values" in settings ? [{ broker: settings.name, value: Number(settings.values.get(name)) }] : [],
    );
    const known = told.filter(({ value }) => Number.isFinite(value));
    if (known.length === 0)
      throw new Unmet(`the brokers do not tell ${name} (this user needs DescribeConfigs on the cluster)`);
    return known;
  }

  /** Input topics that exist. */
  async inputs(): Promise<readonly string[]> {
    return inputTopics(this.config, await this.topics.need());
  }

  async topicFacts(topics: readonly string[]): Promise<readonly TopicFacts[]> {
    const wanted = new Set(topics);
    return (await this.cluster()).topics.filter(({ error, topic }) => error === 0 && wanted.has(topic));
  }

  /** Settings of those topics that exist and whose settings this user may read. */
  async topicSettings(
    topics: readonly string[],
  ): Promise<readonly { readonly topic: string; readonly of: ReadonlyMap<string, string> }[]> {
    const there = (await this.topicFacts(topics)).map(({ topic }) => topic);
    const told = await (await this.admin()).topicSettings(there);
    const known = told.flatMap((settings) =>
      "values" in settings ? [{ topic: settings.name, of: settings.values }] : [],
    );
    if (there.length > 0 && known.length === 0)
      throw new Unmet("the brokers do not tell the topics' settings (this user needs DescribeConfigs on them)");
    return known;
  }

  /** Where the changes of an input topic go; undefined where a merge decides record by record. */
  outputOf(topic: string): string | undefined {
    return this.config.dedup.mode === "merge" ? undefined : `${this.config.output.prefix}${topic}`;
  }

  get lanesTopic(): string {
    return `${this.config.name}.lanes`;
  }

  /** Every topic that the pipeline reads or writes. */
  ownTopicNames(inputs: readonly string[]): readonly string[] {
    const literal = this.config.input.topics.filter((text) => !text.startsWith("/"));
    const outputs = inputs.flatMap((topic) => this.outputOf(topic) ?? []);
    const beside = ownTopics(this.config).map(({ topic }) => topic);
    return [...new Set([...literal, ...inputs, ...outputs, ...beside, this.lanesTopic])];
  }

  async close(): Promise<void> {
    const [admin, store] = await Promise.all([this.#admin.opened(), this.store.opened()]);
    admin?.close();
    await store?.close();
  }
}

function namesOf({ topics }: ClusterFacts): readonly string[] {
  return topics.map(({ topic }) => topic);
}
