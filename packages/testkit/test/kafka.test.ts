import type { Lane } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { type LogRecord, type Membership, Random, Scheduler, SimulatedKafka } from "../src/index.ts";

const LANE = { topic: "t", partition: 0 };
const OTHER = { topic: "other", partition: 0 };

function record(text: string): LogRecord {
  return { key: null, value: new TextEncoder().encode(text), headers: [], timestamp: 0 };
}

function stage(markerMs = 5): {
  readonly scheduler: Scheduler;
  readonly kafka: SimulatedKafka;
  readonly pass: (ms: number) => Promise<boolean>;
  readonly read: (topic?: string) => string[];
} {
  const scheduler = new Scheduler();
  const kafka = new SimulatedKafka({ scheduler, random: new Random(1), transactions: { markerMs: () => markerMs } });
  kafka.createTopic("t", 1);
  kafka.createTopic("other", 1);
  return {
    scheduler,
    kafka,
    pass: (ms) => scheduler.run(() => false, ms),
    read: (topic = "t") =>
      kafka
        .log({ topic, partition: 0 })
        .read(0)
        .map(({ value }) => new TextDecoder().decode(value ?? undefined)),
  };
}

describe("transactions of the simulated Kafka", () => {
  it("records of an open transaction lie in the log and stop readers at the last stable offset", async () => {
    const { kafka, read } = stage();
    const log = kafka.log(LANE);
    log.append(record("before"));
    kafka.produce(kafka.transactions.init("p"), LANE, [record("open")]);
    log.append(record("after"));
    expect({ end: log.end, lastStable: log.lastStable, read: read() }).toEqual({
      end: 3,
      lastStable: 1,
      read: ["before"],
    });
  });

  it("a commit shows them, an abort hides them; markers take offsets", async () => {
    const { kafka, pass, read } = stage();
    const producer = kafka.transactions.init("p");
    kafka.produce(producer, LANE, [record("committed")]);
    kafka.transactions.end(producer, true);
    await pass(50);
    kafka.produce(producer, LANE, [record("aborted")]);
    kafka.transactions.end(producer, false);
    await pass(50);
    kafka.log(LANE).append(record("plain"));
    expect({
      read: read(),
      offsets: kafka
        .log(LANE)
        .read(0)
        .map(({ offset }) => offset),
    }).toEqual({ read: ["committed", "plain"], offsets: [0, 4] });
  });

  it("markers of different topics become visible one after the other, and until then the next transaction waits", async () => {
    const { kafka, pass, read } = stage(100);
    const producer = kafka.transactions.init("p");
    kafka.produce(producer, LANE, [record("x")]);
    kafka.produce(producer, OTHER, [record("y")]);
    kafka.transactions.end(producer, true);
    await pass(150);
    expect(read().length + read("other").length).toBe(1);
    expect(() => kafka.produce(producer, LANE, [record("z")])).toThrow(/CONCURRENT_TRANSACTIONS/);
    await pass(300);
    expect(read().length + read("other").length).toBe(2);
  });

  it("a new epoch fences the old one and aborts what it left open", async () => {
    const { kafka, pass, read } = stage();
    const old = kafka.transactions.init("p");
    kafka.produce(old, LANE, [record("lost")]);
    expect(() => kafka.transactions.init("p")).toThrow(/CONCURRENT_TRANSACTIONS/);
    expect(() => kafka.transactions.end(old, true)).toThrow(/PRODUCER_FENCED/);
    await pass(100);
    const young = kafka.transactions.init("p");
    kafka.produce(young, LANE, [record("kept")]);
    kafka.transactions.end(young, true);
    await pass(100);
    expect(read()).toEqual(["kept"]);
    expect(() => kafka.produce(old, LANE, [record("z")])).toThrow(/PRODUCER_FENCED/);
  });

  it("a transaction that stays open too long is aborted, and its producer fenced", async () => {
    const { kafka, pass, read } = stage();
    const producer = kafka.transactions.init("p");
    kafka.produce(producer, LANE, [record("late")]);
    await pass(16_000);
    expect(() => kafka.transactions.end(producer, true)).toThrow(/PRODUCER_FENCED/);
    expect({ read: read(), lastStable: kafka.log(LANE).lastStable }).toEqual({ read: [], lastStable: 2 });
  });

  it("a late end of a transaction ends the next one of the same epoch: why an unknown outcome needs a new producer", async () => {
    const { kafka, pass, read } = stage();
    const producer = kafka.transactions.init("p");
    kafka.produce(producer, LANE, [record("first")]);
    kafka.transactions.end(producer, true);
    await pass(100);
    kafka.produce(producer, LANE, [record("half of the next")]);
    kafka.transactions.end(producer, true);
    await pass(100);
    expect(read()).toEqual(["first", "half of the next"]);
  });
});

describe("groups of the simulated Kafka", () => {
  function joined(kafka: SimulatedKafka, instance: string): Membership {
    const group = kafka.group("g");
    const member = group.join(instance, ["t", "other"], null);
    const assignment = group.assignment(instance, member);
    if (typeof assignment === "string") throw new Error(assignment);
    return { instance, member, generation: assignment.generation };
  }

  it("transactional offsets are pending until their marker, and a stable read waits for them", async () => {
    const { kafka, pass } = stage();
    const group = kafka.group("g");
    const member = joined(kafka, "0");
    const producer = kafka.transactions.init("p");
    kafka.sendOffsets(producer, "g", member, new Map([["t-0" as never, 7]]));
    expect(() => group.committed([LANE])).toThrow(/UNSTABLE_OFFSET_COMMIT/);
    expect(group.committed([OTHER])).toEqual([null]);
    kafka.transactions.end(producer, true);
    await pass(50);
    expect(group.committed([LANE])).toEqual([7]);
  });

  it("offsets show member and generation; whose the partition is, nobody asks", async () => {
    const { kafka, pass } = stage();
    const first = joined(kafka, "0");
    const second = kafka.group("g").join("1", ["t"], null);
    expect(kafka.group("g").heartbeat(first)).toBe(false);
    kafka.group("g").join("0", ["t", "other"], first.member);
    expect(kafka.group("g").assignment("1", second)).toMatchObject({ generation: first.generation + 1 });
    const producer = kafka.transactions.init("p");
    const offsets = new Map([["t-0" as never, 7]]);
    expect(() => kafka.sendOffsets(producer, "g", first, offsets)).toThrow(/ILLEGAL_GENERATION/);
    expect(() => kafka.sendOffsets(producer, "g", { ...first, member: "stranger" }, offsets)).toThrow(
      /FENCED_INSTANCE_ID/,
    );
    kafka.sendOffsets(producer, "g", { instance: "1", member: second, generation: first.generation + 1 }, offsets);
    kafka.transactions.end(producer, true);
    await pass(50);
    expect(kafka.group("g").committed([LANE])).toEqual([7]);
  });

  it("a cooperative member keeps its lanes over a rebalance, and gives up what others are to have before they get it", () => {
    const kafka = new SimulatedKafka({ scheduler: new Scheduler(), random: new Random(1), protocol: "cooperative" });
    kafka.createTopic("t", 2);
    const group = kafka.group("g");
    const lanesOf = (instance: string, member: string): readonly Lane[] => {
      const assignment = group.assignment(instance, member);
      if (typeof assignment === "string") throw new Error(assignment);
      return assignment.lanes;
    };
    const [zero, one] = [LANE, { ...LANE, partition: 1 }];
    const first = group.join("0", ["t"], null);
    expect(lanesOf("0", first)).toEqual([zero, one]);
    const second = group.join("1", ["t"], null);
    group.join("0", ["t"], first, [zero, one]);
    expect({ first: lanesOf("0", first), second: lanesOf("1", second) }).toEqual({ first: [zero], second: [] });
    group.join("0", ["t"], first, [zero]);
    group.join("1", ["t"], second, []);
    expect({ first: lanesOf("0", first), second: lanesOf("1", second) }).toEqual({ first: [zero], second: [one] });
  });

  it("a member that does not beat loses its place; one that comes back under its instance keeps it and fences the old", async () => {
    const { kafka, pass } = stage();
    const group = kafka.group("g");
    const first = joined(kafka, "0");
    const again = group.join("0", ["t", "other"], null);
    expect(group.assignment("0", again)).toMatchObject({ generation: first.generation, lanes: [LANE, OTHER] });
    expect(() => group.heartbeat(first)).toThrow(/FENCED_INSTANCE_ID/);
    await pass(9_000);
    expect(group.heartbeat({ ...first, member: again })).toBe(true);
    await pass(11_000);
    joined(kafka, "1");
    expect(() => group.heartbeat({ ...first, member: again })).toThrow(/UNKNOWN_MEMBER_ID/);
  });
});

describe("time and chance", () => {
  it("time passes only as far as something happens, in the order of its moments", async () => {
    const scheduler = new Scheduler();
    const began = scheduler.now;
    const seen: string[] = [];
    scheduler.after(5_000, () => seen.push("later"));
    scheduler.after(10, () => void Promise.resolve().then(() => seen.push("soon")));
    await scheduler.run(() => seen.length === 2);
    expect({ seen, passed: scheduler.now - began }).toEqual({ seen: ["soon", "later"], passed: 5_000 });
  });

  it("the same seed gives the same numbers, another one others", () => {
    const numbers = (seed: number): number[] =>
      Array.from(
        { length: 5 },
        (
          (random) => () =>
            random.below(1_000)
        )(new Random(seed)),
      );
    expect(numbers(1)).toEqual(numbers(1));
    expect(numbers(1)).not.toEqual(numbers(2));
  });
});
