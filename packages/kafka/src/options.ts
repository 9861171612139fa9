import { TandemError } from "@tandem-cdc/core";
import { type ClientProperties, propertyProblems } from "./properties.ts";

export interface KafkaTransportOptions {
  /** Consumer group; the prefix of transactional id and lane state topic. */
  readonly name: string;
  /** Which of the pipeline's instances this is: `transactional.id` and `group.instance.id` are `<name>-<instance>`. Default "0". */
  readonly instance?: string;
  /** Topics by name or regular expression. New topics that match are picked up while running. */
  readonly topics: readonly (string | RegExp)[];
  /** Topics that no regular expression may match, such as the outputs. */
  readonly exclude?: (topic: string) => boolean;
  /** For every client: `bootstrap.servers`, security. */
  readonly client: ClientProperties;
  readonly consumer?: ClientProperties;
  readonly producer?: ClientProperties;
  /** Records that one poll takes at most. Default 1,000; more stalls the event loop. */
  readonly pollRecords?: number;
  /** How long an idle poll waits. Default 10 ms; the client applies it per record. */
  readonly pollWaitMs?: number;
  /** How often topics are matched anew. Default 10 s. */
  readonly topicRefreshMs?: number;
  /** Partitions of output topics that do not exist yet, where their input has fewer. */
  readonly leastPartitions?: number;
  /** Replicas of topics that are written to and do not exist yet. Default: the brokers'. */
  readonly replicationFactors?: ReadonlyMap<string, number>;
  /**
   * A stop gives up the place in the group, so that other instances take its lanes within seconds. Default false: the
   * place is kept for the session, and who comes back within it disturbs nobody.
   */
  readonly leaveOnStop?: boolean;
  /** Told what is worth knowing while nothing is wrong yet: a topic that does not exist, a broker that is not reached. */
  readonly onNotice?: (notice: string) => void;
}

export interface Confs {
  readonly consumer: Record<string, unknown>;
  readonly reader: Record<string, unknown>;
  readonly producer: Record<string, unknown>;
  readonly admin: Record<string, unknown>;
}

function problems({
  client,
  consumer = {},
  producer = {},
  topics,
  name,
  instance = "0",
}: KafkaTransportOptions): string[] {
  const found = propertyProblems({ client, consumer, producer }).map(
    ({ message, part, property }) => `${part}: "${property}" ${message}`,
  );
  const merged = { ...PRODUCER, ...client, ...producer } as Record<string, unknown>;
  if (Number(merged["message.timeout.ms"]) >= Number(merged["transaction.timeout.ms"]))
    found.push(
      `producer: message.timeout.ms (${String(merged["message.timeout.ms"])}) must be below transaction.timeout.ms (${String(merged["transaction.timeout.ms"])})`,
    );
  if (client["bootstrap.servers"] === undefined) found.push('client: "bootstrap.servers" is missing');
  if (topics.length === 0) found.push("topics: name at least one");
  if (!/^[A-Za-z0-9._-]{1,200}$/.test(name)) found.push("name: letters, digits, '.', '_' and '-' only");
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(instance)) found.push("instance: letters, digits, '.', '_' and '-' only");
  return found;
}

const CONSUMER: ClientProperties = {
  "session.timeout.ms": 10_000,
  "heartbeat.interval.ms": 2_000,
  "queued.max.messages.kbytes": 16_384,
  "queued.min.messages": 20_000,
  "fetch.queue.backoff.ms": 50,
  "fetch.message.max.bytes": 4_194_304,
  "fetch.wait.max.ms": 100,
  "topic.metadata.refresh.interval.ms": 10_000,
  "allow.auto.create.topics": false,
};

// A transaction that begins right after another one is told to try again until the first one's markers are written; the
// client's default back-off of 100 ms would be the latency of every change then.
const PRODUCER: ClientProperties = {
  "message.timeout.ms": 10_000,
  "transaction.timeout.ms": 15_000,
  "linger.ms": 1,
  "retry.backoff.ms": 10,
  "batch.size": 524_288,
  "queue.buffering.max.messages": 500_000,
  "queue.buffering.max.kbytes": 262_144,
  "message.max.bytes": 16_777_216,
};

/** The configuration of each client, checked: every problem is named at once. */
export function confsOf(options: KafkaTransportOptions): Confs {
  const found = problems(options);
  if (found.length > 0) throw new TandemError("CONFIG_INVALID", found.join("; "));
  const { client, consumer, producer, name, instance = "0" } = options;
  const reading = {
    ...CONSUMER,
    ...client,
    ...consumer,
    "isolation.level": "read_committed",
    "enable.auto.commit": false,
    "enable.auto.offset.store": false,
    // At the end of a partition a poll returns what it has. The client applies the wait per record: without this, it
    // holds a trickle back until `pollRecords` records are there.
    "enable.partition.eof": true,
  };
  return {
    consumer: {
      ...reading,
      "group.id": name,
      "group.instance.id": `${name}-${instance}`,
      "partition.assignment.strategy": "range",
    },
    // It joins nothing and commits nothing, but the client asks for the group's coordinator all the same, which takes a
    // right to the group: to this one the pipeline has it.
    reader: { ...reading, "group.id": name },
    producer: {
      ...PRODUCER,
      ...client,
      ...producer,
      "transactional.id": `${name}-${instance}`,
      "enable.idempotence": true,
    },
    admin: { ...client },
  };
}

/** Clients of one transport that hold a thread of the pool: the consumer, two readers, the producer. */
const CLIENTS = 4;
let transports = 0;

/** Blocking calls of the clients share libuv's pool: too few threads and a commit waits for a poll. */
export function takeThreads(): () => void {
  const size = Number(process.env["UV_THREADPOOL_SIZE"] ?? 4);
  const needed = 4 + CLIENTS * (transports + 1);
  if (size < needed)
    throw new TandemError(
      "THREAD_POOL_TOO_SMALL",
      `${transports + 1} Kafka transport(s) in this process need UV_THREADPOOL_SIZE=${needed} or more (it is ${size}): start with \`UV_THREADPOOL_SIZE=${needed} node ...\``,
    );
  transports++;
  let held = true;
  return () => {
    if (held) transports--;
    held = false;
  };
}
