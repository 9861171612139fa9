import { asError, TandemError } from "@tandem-cdc/core";
import { type Address, BrokerConnection } from "./internal/wire/connection.ts";
import {
  askConfigs,
  askCoordinator,
  askGroup,
  askMetadata,
  askVersions,
  type BrokerAddress,
  type ClusterFacts,
  type ConfigsAsked,
  type GroupFacts,
  type Settings,
} from "./internal/wire/requests.ts";
import { securityOf } from "./internal/wire/security.ts";
import type { ClientProperties } from "./properties.ts";

/**
 * Questions to the brokers that the native client cannot ask: settings, replicas, rights. Reads only. It speaks Kafka's
 * protocol itself, in plain text or TLS, with no login, PLAIN or SCRAM.
 */
export interface KafkaAdmin {
  /** Brokers, and topics: all that this user may see, or these. An unknown one is told with its error and not created. */
  cluster(topics?: readonly string[]): Promise<ClusterFacts>;
  /** The newest version of each request that the broker takes, by the request's number. */
  versions(): Promise<ReadonlyMap<number, number>>;
  /** Settings of topics, in the order asked. */
  topicSettings(topics: readonly string[]): Promise<readonly Settings[]>;
  /** Connects to a broker by its advertised address, and asks it for its settings. */
  brokerSettings(broker: BrokerAddress): Promise<Settings>;
  group(name: string): Promise<GroupFacts>;
  /** The broker's error code for this transactional id; 0 when this user may see it. */
  transactionalId(id: string): Promise<number>;
  close(): void;
}

export interface AdminOptions {
  /** Longest wait for a connection, and for one answer. Default 5,000. */
  readonly timeoutMs?: number;
}

/** Connects to the first broker of `bootstrap.servers` that answers. Rejects with what each of them said otherwise. */
export async function openAdmin(
  client: ClientProperties,
  { timeoutMs = 5_000 }: AdminOptions = {},
): Promise<KafkaAdmin> {
  const security = securityOf(client);
  const opened: BrokerConnection[] = [];
  const open = async (address: Address): Promise<BrokerConnection> => {
    const connection = await BrokerConnection.open(address, security, timeoutMs);
    opened.push(connection);
    return connection;
  };
  const addresses = addressesOf(String(client["bootstrap.servers"] ?? ""));
  const first = await Promise.any(addresses.map(open)).catch((thrown: unknown) => {
    const reasons = thrown instanceof AggregateError ? thrown.errors.map((each) => asError(each).message) : [];
    throw new TandemError("TRANSPORT_FAILED", reasons.join("; "), { cause: thrown, retriable: true });
  });
  const configs = (connection: BrokerConnection, asked: readonly ConfigsAsked[]): Promise<Settings[]> =>
    asked.length === 0 ? Promise.resolve([]) : askConfigs(connection, asked);
  return {
    cluster: (topics) => askMetadata(first, topics ?? null),
    versions: () => askVersions(first),
    topicSettings: (topics) =>
      configs(
        first,
        topics.map((name) => ({ kind: "topic", name })),
      ),
    async brokerSettings(broker) {
      const [settings] = await configs(await open(broker), [{ kind: "broker", name: String(broker.id) }]);
      return settings ?? { name: String(broker.id), error: -1, message: "no answer" };
    },
    async group(name) {
      const { address, error } = await askCoordinator(first, "group", name);
      if (error !== 0) return { error, state: "", members: 0, rights: undefined };
      return askGroup(await open(address), name);
    },
    transactionalId: async (id) => (await askCoordinator(first, "transaction", id)).error,
    close() {
      for (const connection of opened) connection.close();
    },
  };
}

function addressesOf(bootstrap: string): Address[] {
  return bootstrap
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text) => {
      const match = /^\[?(.*?)\]?(?::(\d+))?$/.exec(text);
      return { host: match?.[1] ?? text, port: Number(match?.[2] ?? 9092) };
    });
}
