import { RequestBody } from "./bytes.ts";
import type { BrokerConnection } from "./connection.ts";

// The last versions before the flexible ones: Kafka 2.4 to 4.x answer all of them.

const API = { metadata: 3, findCoordinator: 10, describeGroups: 15, apiVersions: 18, describeConfigs: 32 };

/** What a user may do, by the number of its bit. */
const RIGHTS = {
  read: 3,
  write: 4,
  create: 5,
  describe: 8,
  describeConfigs: 10,
} as const;
export type Right = keyof typeof RIGHTS;

/** Undefined: the broker does not tell. */
export type Rights = ReadonlySet<Right> | undefined;

function rightsOf(bits: number): Rights {
  if (bits === -(2 ** 31)) return undefined;
  return new Set(
    Object.entries(RIGHTS)
      .filter(([, bit]) => ((bits >> bit) & 1) === 1)
      .map(([right]) => right as Right),
  );
}

export interface BrokerAddress {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

export interface PartitionFacts {
  readonly partition: number;
  /** -1: none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

export interface TopicFacts {
  readonly topic: string;
  /** The broker's code; 0 where it is there and this user may see it. */
  readonly error: number;
  readonly partitions: readonly PartitionFacts[];
  readonly rights: Rights;
}

export interface ClusterFacts {
  readonly brokers: readonly BrokerAddress[];
  readonly topics: readonly TopicFacts[];
  readonly rights: Rights;
}

/** `topics` null: all that this user may see. Creates none. */
export async function askMetadata(broker: BrokerConnection, topics: readonly string[] | null): Promise<ClusterFacts> {
  const body = new RequestBody().array(topics, (to, topic) => to.text(topic));
  const answer = await broker.ask(API.metadata, 8, body.flag(false).flag(true).flag(true));
  answer.int32();
  const brokers = answer.array((from) => {
    const address = { id: from.int32(), host: from.text(), port: from.int32() };
    from.nullableText();
    return address;
  });
  answer.nullableText();
  answer.int32();
  const found = answer.array((from): TopicFacts => {
    const [error, topic] = [from.int16(), from.text()];
    from.flag();
    const partitions = from.array((each) => {
      each.int16();
      const [partition, leader] = [each.int32(), each.int32()];
      each.int32();
      const [replicas, inSync] = [each.array((id) => id.int32()), each.array((id) => id.int32())];
      each.array((id) => id.int32());
      return { partition, leader, replicas, inSync };
    });
    return { topic, error, partitions, rights: rightsOf(from.int32()) };
  });
  return { brokers, topics: found, rights: rightsOf(answer.int32()) };
}

/** The newest version of each request that the broker takes, by the request's number. */
export async function askVersions(broker: BrokerConnection): Promise<ReadonlyMap<number, number>> {
  const answer = await broker.ask(API.apiVersions, 0);
  answer.int16();
  return new Map(
    answer.array((from) => {
      const api = from.int16();
      from.int16();
      return [api, from.int16()] as const;
    }),
  );
}

const RESOURCE = { topic: 2, broker: 4 } as const;

export interface ConfigsAsked {
  readonly kind: keyof typeof RESOURCE;
  readonly name: string;
}

/** The settings of a topic or broker, or the broker's refusal. */
export type Settings =
  | { readonly name: string; readonly values: ReadonlyMap<string, string> }
  | { readonly name: string; readonly error: number; readonly message: string };

/** A broker tells its own settings only; those of topics any of them tells. Secrets are never among them. */
export async function askConfigs(broker: BrokerConnection, asked: readonly ConfigsAsked[]): Promise<Settings[]> {
  const body = new RequestBody().array(asked, (to, { kind, name }) =>
    to.int8(RESOURCE[kind]).text(name).array(null, Boolean),
  );
  const answer = await broker.ask(API.describeConfigs, 1, body.flag(false));
  answer.int32();
  return answer.array((from) => {
    const [error, message] = [from.int16(), from.nullableText() ?? ""];
    from.int8();
    const name = from.text();
    const values = from.array((each) => {
      const [key, value] = [each.text(), each.nullableText()];
      each.flag();
      each.int8();
      each.flag();
      each.array((synonym) => [synonym.text(), synonym.nullableText(), synonym.int8()]);
      return [key, value ?? ""] as const;
    });
    return error === 0 ? { name, values: new Map(values) } : { name, error, message };
  });
}

const COORDINATOR = { group: 0, transaction: 1 } as const;

/** Who coordinates a group or a transactional id; `error` as the broker gives it. */
export async function askCoordinator(
  broker: BrokerConnection,
  kind: keyof typeof COORDINATOR,
  name: string,
): Promise<{ readonly error: number; readonly address: BrokerAddress }> {
  const answer = await broker.ask(API.findCoordinator, 1, new RequestBody().text(name).int8(COORDINATOR[kind]));
  answer.int32();
  const error = answer.int16();
  answer.nullableText();
  return { error, address: { id: answer.int32(), host: answer.text(), port: answer.int32() } };
}

export interface GroupFacts {
  readonly error: number;
  readonly state: string;
  readonly members: number;
  readonly rights: Rights;
}

/** The group's coordinator has to be asked. */
export async function askGroup(coordinator: BrokerConnection, group: string): Promise<GroupFacts> {
  const body = new RequestBody().array([group], (to, name) => to.text(name)).flag(true);
  const answer = await coordinator.ask(API.describeGroups, 3, body);
  answer.int32();
  const [facts] = answer.array((from): GroupFacts => {
    const error = from.int16();
    from.text();
    const state = from.text();
    from.text();
    from.text();
    const members = from.array((each) => [each.text(), each.text(), each.text(), each.bytes(), each.bytes()]);
    return { error, state, members: members.length, rights: rightsOf(from.int32()) };
  });
  return facts ?? { error: -1, state: "", members: 0, rights: undefined };
}
