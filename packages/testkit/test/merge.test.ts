import { createPipeline, type PipelineEvent } from "@tandem-cdc/core";
import { merge } from "@tandem-cdc/dedup";
import { expect, it } from "vitest";
import {
  type FaultName,
  noFaults,
  Random,
  Scheduler,
  SimulatedKafka,
  SimulatedProcess,
  simulatedTransport,
} from "../src/index.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const TOPICS = ["a.orders", "b.orders"];
const FAULTS = [
  "commit-abortable",
  "commit-answer-lost",
  "commit-request-lost",
  "commit-late",
  "offsets-unknown",
  "produce-fatal",
  "produce-abortable",
  "seek-failed",
] as const satisfies readonly FaultName[];

/** Two connectors' topics, and merge pipelines that come and go. */
class Merging {
  readonly scheduler = new Scheduler();
  readonly faults = noFaults(new Random(2));
  readonly random: Random;
  readonly kafka: SimulatedKafka;
  readonly partitions: number;
  #lives = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.partitions = 1 + this.random.below(3);
    this.kafka = new SimulatedKafka({ scheduler: this.scheduler, random: this.random.fork() });
    for (const topic of TOPICS) this.kafka.createTopic(topic, this.partitions);
  }

  send(topic: string, partition: number, text: string): void {
    this.kafka.log({ topic, partition }).append({
      key: this.random.chance(0.2) ? null : encoder.encode(`k${text}`),
      value: this.random.chance(0.2) ? null : encoder.encode(text),
      headers: [{ key: "id", value: encoder.encode(text) }],
      timestamp: Math.floor(this.scheduler.now),
    });
  }

  start(): SimulatedProcess {
    const { faults, kafka, scheduler } = this;
    const process = new SimulatedProcess(`0.${++this.#lives}`, scheduler, this.random.fork());
    const pollRecords = 1 + this.random.below(10);
    const pipeline = createPipeline({
      name: "merging",
      transport: simulatedTransport({
        kafka,
        process,
        faults,
        name: "merging",
        instance: "0",
        topics: TOPICS,
        pollRecords,
      }),
      transforms: [merge({ regex: String.raw`(a|b)\.(.*)`, topic: "$2", source: "$1", header: "source" })],
      output: { prefix: "merged." },
      clock: process.clock,
      observer: { observe: (event: PipelineEvent) => void this.events.push(event) },
    });
    pipeline.run().catch((thrown: unknown) => this.failures.push(thrown));
    return process;
  }

  readonly events: PipelineEvent[] = [];
  readonly failures: unknown[] = [];

  /** Everything that is visible of a source in the merged topic, as it was sent. */
  copies(source: string, partition: number): readonly unknown[] {
    const log = this.kafka.logsOf("merged.orders")[partition];
    return (log?.read(log.start) ?? [])
      .filter(({ headers }) => decoder.decode(headers.at(-1)?.value ?? undefined) === source)
      .map(({ headers, key, timestamp, value }) => ({ key, value, timestamp, headers: headers.slice(0, -1) }));
  }

  sent(topic: string, partition: number): readonly unknown[] {
    const log = this.kafka.log({ topic, partition });
    return log.read(0).map(({ headers, key, timestamp, value }) => ({ key, value, timestamp, headers }));
  }
}

it("merge copies each record once, in order and byte for byte, whatever goes wrong on the way", async () => {
  let struck = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const scene = new Merging(seed);
    const { random, scheduler } = scene;
    let process = scene.start();
    for (let i = 0; i < 40; i++) {
      for (const topic of TOPICS) scene.send(topic, random.below(scene.partitions), `${topic}.${i}`);
      if (random.chance(0.2)) scene.faults.order(random.pick(FAULTS));
      if (random.chance(0.1)) {
        process.killAfter(random.below(50), () => undefined);
        await scheduler.run(() => !process.alive, 1_000);
        process.kill();
        process = scene.start();
      }
      await scheduler.run(() => false, random.below(500));
    }
    await scheduler.run(() => false, 120_000);
    expect(scene.failures).toEqual([]);
    struck += scene.events.filter(({ type }) => type === "rewound").length;
    expect(scene.kafka.partitions("merged.orders")).toBe(scene.partitions);
    for (const topic of TOPICS)
      for (let partition = 0; partition < scene.partitions; partition++)
        expect(scene.copies(topic.slice(0, 1), partition), `seed ${seed}`).toEqual(scene.sent(topic, partition));
  }
  expect(struck).toBeGreaterThan(100);
});
