import {
  type AssignmentListener,
  asError,
  type Batch,
  isRetriable,
  type Lane,
  laneId,
  type LaneProgress,
  type LaneStart,
  systemClock,
  TandemError,
  TransactionError,
  type Transport,
} from "@tandem-cdc/core";
import { call } from "./internal/call.ts";
import { noteCommitted, notedOffset } from "./internal/development.ts";
import { transportError } from "./internal/errors.ts";
import { Incarnation } from "./internal/incarnation.ts";
import { laneStateTopic, LaneStates } from "./internal/lane-states.ts";
import { fenced, Membership } from "./internal/membership.ts";
import type { TopicPartitionOffset } from "./internal/rdkafka.ts";
import { Readers, watermarks } from "./internal/reader.ts";
import { Sender } from "./internal/sender.ts";
import { matching, OutputTopics, partitionCounts } from "./internal/topics.ts";
import { type Confs, confsOf, type KafkaTransportOptions, takeThreads } from "./options.ts";

const COMMITTED_TIMEOUT_MS = 20_000;
const TIMES_TIMEOUT_MS = 20_000;

/** The Kafka transport. Configuration is checked here; nothing is contacted before `connect`. */
export function kafkaTransport(options: KafkaTransportOptions): Transport {
  return new KafkaTransport(options, confsOf(options));
}

class KafkaTransport implements Transport {
  readonly #options: KafkaTransportOptions;
  readonly #confs: Confs;
  readonly #sender: Sender;
  readonly #states: LaneStates;
  readonly #incarnation: Incarnation;
  readonly #readers: Readers;
  readonly #partitions = new Map<string, number>();
  readonly #releaseThreads: () => void;
  #membership: Membership | undefined;
  #refreshed = 0;
  #refreshing: Promise<void> | undefined;
  readonly #closing = new AbortController();
  #connecting: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #missing = "";

  constructor(options: KafkaTransportOptions, confs: Confs) {
    this.#releaseThreads = takeThreads();
    this.#options = options;
    this.#confs = confs;
    this.#sender = new Sender(
      confs.producer,
      new OutputTopics(confs.admin, options),
      laneStateTopic(options.name).topic,
      (text) => this.#notice(text),
    );
    this.#states = new LaneStates(confs.reader, options.name);
    this.#incarnation = new Incarnation(options.instance ?? "0");
    this.#readers = new Readers(confs.reader);
  }

  connect(listener: AssignmentListener): Promise<void> {
    this.#connecting = this.#connect(listener);
    return this.#connecting;
  }

  async #connect(listener: AssignmentListener): Promise<void> {
    const { pollRecords = 1_000, pollWaitMs = 10 } = this.#options;
    // First a client that tells why it is not let in: the one that creates topics only times out.
    await this.#patiently(() => this.#sender.open());
    await this.#patiently(() => this.#states.create(this.#confs.admin));
    // Before it joins: who is fenced by us has to find it.
    await this.#patiently(() => this.#sender.note(this.#incarnation.key, this.#incarnation.id));
    const membership = new Membership(
      {
        conf: this.#confs.consumer,
        pollRecords,
        pollWaitMs,
        notice: (text) => this.#notice(text),
        replaced: () => this.#replaced(),
        leaves: this.#options.leaveOnStop ?? false,
      },
      listener,
    );
    this.#membership = membership;
    await this.#patiently(() => membership.connect());
    await this.#patiently(() => this.#refresh());
  }

  async poll(): Promise<readonly Batch[]> {
    const membership = this.#member();
    if (Date.now() - this.#refreshed > (this.#partitions.size === 0 ? 1_000 : (this.#options.topicRefreshMs ?? 10_000)))
      this.#refreshing ??= Promise.all([this.#refresh(), membership.checkSilent()])
        .then(() => undefined)
        .catch((thrown: unknown) => this.#notice(asError(thrown).message))
        .finally(() => (this.#refreshing = undefined));
    return membership.poll();
  }

  pause(lanes: readonly Lane[]): void {
    this.#member().pause(lanes);
  }

  resume(lanes: readonly Lane[]): void {
    this.#member().resume(lanes);
  }

  seek(lane: Lane, offset: number): Promise<void> {
    return this.#member().seek(lane, offset);
  }

  async laneStarts(lanes: readonly Lane[]): Promise<readonly LaneStart[]> {
    const { client } = this.#member();
    try {
      // Committed offsets first: under read_committed they are stable, whatever the state topic shows is then as new or newer.
      const committed = await call<TopicPartitionOffset[]>(
        "reading committed offsets",
        COMMITTED_TIMEOUT_MS + 5_000,
        (done) => client.committed([...lanes], COMMITTED_TIMEOUT_MS, done),
      );
      const offsets = new Map(
        committed.map((c) => [laneId(c), typeof c.offset === "number" && c.offset >= 0 ? c.offset : null]),
      );
      const states = await this.#states.newest();
      const counts = await partitionCounts(client);
      for (const { topic } of lanes) this.#partitions.set(topic, counts.get(topic) ?? 0);
      return await Promise.all(
        lanes.map(async (lane) => {
          const { highOffset, lowOffset } = await watermarks(client, lane);
          return {
            committed: offsets.get(laneId(lane)) ?? notedOffset(this.#confs.admin, this.#options.name, lane) ?? null,
            state: states.get(laneId(lane)) ?? null,
            logStart: lowOffset,
            logEnd: highOffset,
            partitions: counts.get(lane.topic) ?? 0,
          };
        }),
      );
    } catch (thrown) {
      throw transportError("reading committed offsets", thrown);
    }
  }

  read(lane: Lane, from: number, to: number, signal: AbortSignal): AsyncIterable<Batch> {
    return this.#readers.read(lane, from, to, signal);
  }

  async offsetAt({ partition, topic }: Lane, timestampMs: number): Promise<number> {
    const { client } = this.#member();
    const question = [{ topic, partition, offset: Math.max(0, Math.floor(timestampMs)) }];
    try {
      const [found] = await call<TopicPartitionOffset[]>(
        "looking up an offset by time",
        TIMES_TIMEOUT_MS + 5_000,
        (done) => client.offsetsForTimes(question, TIMES_TIMEOUT_MS, done),
      );
      const offset = found?.offset;
      return typeof offset === "number" && offset >= 0
        ? offset
        : (await watermarks(client, { topic, partition })).highOffset;
    } catch (thrown) {
      throw transportError("looking up an offset by time", thrown);
    }
  }

  async bounds(lane: Lane): Promise<{ readonly logStart: number; readonly logEnd: number }> {
    const { highOffset, lowOffset } = await watermarks(this.#member().client, lane);
    return { logStart: lowOffset, logEnd: highOffset };
  }

  /** Of the topics that we have joined with: others cannot be assigned yet. */
  async inputLanes(): Promise<readonly Lane[]> {
    const { client, topics } = this.#member();
    const counts = await partitionCounts(client);
    return topics.flatMap((topic) =>
      Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })),
    );
  }

  logEnd(lane: Lane): number | null {
    return this.#membership?.logEnd(lane) ?? null;
  }

  begin(): Promise<void> {
    return this.#sender.begin();
  }

  produce(batch: Batch, outputTopic: (topic: string) => string): Promise<void> {
    return this.#sender.produce(batch, this.#partitions.get(batch.lane.topic) ?? 1, outputTopic);
  }

  async commit(progress: readonly LaneProgress[]): Promise<void> {
    const membership = this.#member();
    const ours = new Set(membership.lanes.map((lane) => laneId(lane)));
    const gone = progress.find(({ lane }) => !ours.has(laneId(lane)));
    if (progress.length === 0 || gone !== undefined)
      throw new TransactionError(
        "abortable",
        gone === undefined ? "nothing to commit" : `lane ${laneId(gone.lane)} is not assigned any more`,
      );
    await this.#sender.commit(progress, membership.client);
    noteCommitted(this.#confs.admin, this.#options.name, progress);
  }

  abort(): Promise<void> {
    return this.#sender.abort();
  }

  async renewProducer(): Promise<void> {
    // To end a fenced one may take seconds.
    await this.#sender.close();
    // A new producer fences whoever lives under this id: never the one that has replaced us.
    if (await this.#replaced()) throw fenced("it has taken the place of this one");
    await this.#sender.open();
  }

  async #replaced(): Promise<boolean> {
    return this.#incarnation.isReplaced(await this.#states.newest());
  }

  /** Transaction, then producer, then consumer: offsets sent after the consumer's end crash the process. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    // A client that connects after its end would live on.
    await this.#connecting?.catch(() => undefined);
    await this.#refreshing;
    try {
      await this.#membership?.close();
    } finally {
      await this.#sender.close();
      await this.#membership?.disconnect();
      await this.#states.close();
      await this.#readers.close();
      this.#releaseThreads();
    }
  }

  #member(): Membership {
    if (this.#membership === undefined || this.#closing.signal.aborted)
      throw new TandemError("TRANSPORT_FAILED", "the transport is not connected");
    return this.#membership;
  }

  #notice(text: string): void {
    this.#options.onNotice?.(text);
  }

  /** Matches topics anew; a change joins the group again. */
  async #refresh(): Promise<void> {
    this.#refreshed = Date.now();
    const membership = this.#member();
    const { exclude = () => false, name, topics } = this.#options;
    const counts = await partitionCounts(membership.client);
    const lanesTopic = laneStateTopic(name).topic;
    const found = matching(counts.keys(), topics, (topic) => topic === lanesTopic || exclude(topic));
    const missing = topics.filter((topic) => typeof topic === "string" && !found.includes(topic));
    if (missing.join() !== this.#missing && missing.length > 0)
      this.#notice(`input topic ${missing.join(", ")} does not exist yet: it is picked up as soon as it does`);
    else if (found.length === 0 && this.#missing !== "none")
      this.#notice(`no topic matches ${topics.map(String).join(", ")} yet: looking again`);
    this.#missing = found.length === 0 && missing.length === 0 ? "none" : missing.join();
    membership.subscribe(found);
  }

  /** Brokers may come up later than we do. */
  async #patiently(attempt: () => Promise<void>): Promise<void> {
    for (let delay = 200; ; delay = Math.min(delay * 2, 5_000)) {
      if (this.#closing.signal.aborted)
        throw new TandemError("TRANSPORT_FAILED", "the transport was closed while it connected");
      try {
        return await attempt();
      } catch (thrown) {
        if (!isRetriable(thrown)) throw thrown;
        this.#notice(
          `${asError(thrown).message} (bootstrap.servers: ${String(this.#options.client["bootstrap.servers"])}); trying again`,
        );
        await systemClock.sleep(delay, this.#closing.signal);
      }
    }
  }
}
