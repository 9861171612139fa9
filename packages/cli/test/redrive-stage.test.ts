import {
  type Batch,
  createPipeline,
  type ErrorPolicy,
  type IdentityStrategy,
  type KeyStore,
  packed,
  OutcomesBuilder,
  RecordView,
  type Transform,
} from "@tandem-cdc/core";
import { dedup, loadHash } from "@tandem-cdc/dedup";
import {
  blockLog,
  Faults,
  faultyBlocks,
  Random,
  Scheduler,
  SimulatedKafka,
  SimulatedProcess,
  simulatedTransport,
  type StoredRecord,
} from "@tandem-cdc/testkit";
import { describe, expect, it } from "vitest";
import { unlessOwned } from "../src/dead-letters/late-claim.ts";
import { type Letter, letterOf } from "../src/dead-letters/letter.ts";
import { redriver, type Stages } from "../src/dead-letters/redrive-stage.ts";
import { type Route, routeOf } from "../src/dead-letters/route.ts";

const hash = await loadHash();
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const text = (bytes: Uint8Array | null): string => (bytes === null ? "null" : decoder.decode(bytes));

const ERRORS: ErrorPolicy = { tolerance: "all", deadLetterTopic: "dead" };
const OURS: KeyStore = {
  claim: async (_, { coordinates, fingerprints }) => ({
    coordinates: coordinates.slice(),
    fingerprints: fingerprints.slice(),
  }),
  health: async () => ({ ok: true }),
  close: async () => undefined,
};

/** The text of a record is its identity; "odd" ones cannot be identified until somebody has mended that. */
function identity(odd: boolean): IdentityStrategy {
  return {
    name: "text",
    version: 1,
    openLane: () => ({
      identify(batch, i, into) {
        if (odd && text(batch.value(i)).startsWith("odd")) return new Error("odd");
        into.bytes(batch.value(i));
        into.bucket = 0;
        into.deletes = text(batch.value(i)).includes("delete");
        return "change";
      },
      state: () => undefined,
    }),
  };
}

/** Rejects what begins with one of these. */
function picky(...starts: readonly string[]): Transform {
  return {
    name: "picky",
    apply(batch) {
      const outcomes = new OutcomesBuilder("picky", batch);
      for (let i = 0; i < batch.length; i++)
        if (starts.some((start) => text(batch.value(i)).startsWith(start)))
          outcomes.reject(i, new Error(`not ${starts.join()}`));
      return outcomes.done();
    },
  };
}

interface RunOptions {
  readonly name: string;
  readonly topic: string;
  readonly transforms: (clock: SimulatedProcess["clock"]) => readonly Transform[];
  readonly errors: ErrorPolicy;
  readonly replay?: boolean;
  readonly refuses?: (record: { readonly value: Uint8Array | null }) => boolean;
}

/** A simulated Kafka with one input lane, and pipelines that are killed and started again. */
class World {
  readonly scheduler = new Scheduler();
  readonly random: Random;
  readonly kafka: SimulatedKafka;
  readonly faults: Faults;
  readonly #blocks = blockLog({ now: () => this.scheduler.now });
  #lives = 0;
  kills = 0;

  constructor(seed: number, rates?: Record<string, number>) {
    this.random = new Random(seed);
    this.kafka = new SimulatedKafka({ scheduler: this.scheduler, random: this.random.fork() });
    this.faults = new Faults(this.random.fork(), rates === undefined ? {} : { rates });
    this.kafka.createTopic("in", 1);
  }

  send(...values: readonly string[]): void {
    for (const value of values)
      this.kafka.log({ topic: "in", partition: 0 }).append({
        key: encoder.encode("k"),
        value: encoder.encode(value),
        headers: [{ key: "own", value: encoder.encode("header") }],
        timestamp: 1_000,
      });
  }

  /** Runs a pipeline until it has committed everything, killing its processes on the way. */
  async run({ errors, name, refuses, replay = false, topic, transforms }: RunOptions, deadly = true): Promise<void> {
    const { kafka, random, scheduler } = this;
    const lane = { topic, partition: 0 };
    // What is sent meanwhile, a letter that fails again, is no part of it.
    const end = (this.read(topic).at(-1)?.offset ?? -1) + 1;
    let through = 0;
    const group = kafka.group(name);
    const committed = (): boolean => group.stable([lane]) && (group.committed([lane])[0] ?? 0) >= end;
    const done = (): boolean => (replay ? through >= end && group.stable([lane]) : committed());
    this.faults.quiet = false;
    for (let life = 0; !done(); life++) {
      const process = new SimulatedProcess(`${name}.${++this.#lives}`, scheduler, random.fork());
      const common = { kafka, process, faults: this.faults, name, instance: "0", topics: [topic], pollRecords: 3 };
      const pipeline = createPipeline({
        name,
        transport: simulatedTransport(refuses === undefined ? common : { ...common, refuses }),
        transforms: transforms(process.clock),
        errors,
        clock: process.clock,
        ...(replay ? { replay: { from: "retained" } } : {}),
      });
      pipeline.on("committed", ({ lanes }) => (through = Math.max(through, ...lanes.map((each) => each.nextOffset))));
      const stop = new AbortController();
      let ended = false;
      const over = (): void => void (ended = true);
      pipeline.run({ signal: stop.signal }).then(over, (thrown: unknown) => {
        over();
        throw thrown;
      });
      if (deadly && life < 6) {
        process.killAfter(random.below(150), () => this.kills++);
        await scheduler.run(() => done() || !process.alive, 120_000);
      } else {
        this.faults.quiet = true;
        expect(await scheduler.run(done, 120_000), "it is stuck").toBe(true);
      }
      stop.abort();
      await scheduler.run(() => ended || !process.alive, 60_000);
      process.kill();
    }
    // Everything that is under way ends.
    await scheduler.run(() => false, 60_000);
  }

  /** One process's view of the claims. */
  store(clock: SimulatedProcess["clock"]): KeyStore {
    const network = { random: this.random.fork(), clock, faults: this.faults, down: () => false };
    return packed(faultyBlocks(this.#blocks, network), { horizonMs: 1e12, clock });
  }

  read(topic: string): readonly StoredRecord[] {
    const log = this.kafka.logsOf(topic)[0];
    return log?.read(log.start) ?? [];
  }

  values(topic: string): readonly string[] {
    return this.read(topic).map(({ value }) => text(value));
  }

  letters(): readonly Letter[] {
    const records = this.read("dead");
    const batch: Batch = {
      lane: { topic: "dead", partition: 0 },
      length: records.length,
      offset: (i) => records[i]?.offset ?? -1,
      timestamp: (i) => records[i]?.timestamp ?? 0,
      key: (i) => records[i]?.key ?? null,
      value: (i) => records[i]?.value ?? null,
      headers: (i) => records[i]?.headers ?? [],
      topic: () => "dead",
      partition: () => 0,
    };
    return records.map((_, i) => letterOf(batch, i));
  }

  pipeline(odd: boolean, later: readonly Transform[], more: Partial<RunOptions> = {}): RunOptions {
    return {
      name: "shop",
      topic: "in",
      transforms: (clock) => [dedup({ identity: identity(odd), keyStore: this.store(clock), hash, clock }), ...later],
      errors: ERRORS,
      ...more,
    };
  }

  redrive(
    later: readonly Transform[],
    chosen: (letter: Letter) => boolean = () => true,
    more: Partial<RunOptions> = {},
  ): RunOptions {
    // As the command does: what comes meanwhile is not meant.
    const { end } = this.kafka.log({ topic: "dead", partition: 0 });
    const routing = { pipeline: "shop", first: "dedup", later: later.map(({ name }) => name) };
    const stages = (clock: SimulatedProcess["clock"]): Stages => {
      const common = { identity: identity(false), hash, clock };
      return {
        claiming: dedup({ ...common, keyStore: unlessOwned(this.store(clock)), late: "emit" }),
        emitting: dedup({ ...common, keyStore: OURS, late: "emit" }),
        later,
      };
    };
    const made = (clock: SimulatedProcess["clock"]) =>
      redriver({
        pipeline: "shop",
        stages: stages(clock),
        routeOf(letter) {
          const route = routeOf(letter, { ...routing, diverged: false, unclaimed: false });
          return typeof route === "string" || letter.offset >= end || !chosen(letter)
            ? undefined
            : (route satisfies Route);
        },
        readInput: async (lane, offset) => {
          const [record] = this.kafka.log(lane).read(offset, 1);
          return record === undefined ? null : viewOf(record);
        },
        partitions: () => 1,
      });
    let current = made(this.#idle.clock);
    return {
      name: "shop.redrive",
      topic: "dead",
      transforms: (clock) => {
        current = made(clock);
        return [current.stage];
      },
      errors: {
        ...ERRORS,
        reporter: { name: "shop", task: "0" },
        redriven: (batch, i) => current.redriven(batch, i),
      },
      replay: true,
      ...more,
    };
  }

  readonly #idle = new SimulatedProcess("idle", this.scheduler, new Random(1));
}

function viewOf(record: StoredRecord): RecordView {
  const batch: Batch = {
    lane: { topic: "in", partition: 0 },
    length: 1,
    offset: () => record.offset,
    timestamp: () => record.timestamp,
    key: () => record.key,
    value: () => record.value,
    headers: () => record.headers,
    topic: () => "in",
    partition: () => 0,
  };
  return new RecordView(batch, 0);
}

const SEEDS = process.env["TANDEM_FULL"] === "1" ? 1_000 : 40;

describe("redriving dead letters", () => {
  it("emits what was mended once, and what fails again is a dead letter again, whatever is killed meanwhile", async () => {
    let kills = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = new World(seed);
      world.send("a", "bad-1", "worse-1", "b", "bad-1", "bad-2-delete", "worse-2", "odd-1", "c", "bad-3", "odd-1");
      await world.run(world.pipeline(true, [picky("bad", "worse")]));
      expect(world.values("dedup.in"), `seed ${seed}`).toEqual(["a", "b", "null", "c"]);
      const first = world.letters();
      expect(first.map(({ stored }) => text(stored.value))).toEqual([
        "bad-1",
        "worse-1",
        "bad-2-delete",
        "worse-2",
        "odd-1",
        "bad-3",
        "odd-1",
      ]);
      await world.run(world.redrive([picky("worse")]));
      // The tombstone of a delete is a record of its own: it did not fail.
      expect(world.values("dedup.in"), `seed ${seed}`).toEqual("a,b,null,c,bad-1,bad-2-delete,odd-1,bad-3".split(","));
      const again = world.letters().slice(first.length);
      expect(
        again.map(({ attempts, record, stored }) => [text(stored.value), attempts, record?.offset]),
        `seed ${seed}`,
      ).toEqual([
        ["worse-1", 2, 2],
        ["worse-2", 2, 6],
      ]);
      await world.run(world.redrive([picky()]));
      expect(world.values("dedup.in").slice(8), `seed ${seed}`).toEqual(["worse-1", "worse-2"]);
      expect(world.letters()).toHaveLength(first.length + 2);
      kills += world.kills;
    }
    expect(kills).toBeGreaterThan(SEEDS);
  });

  it("emits only what was chosen, and the rest the next time", async () => {
    for (let seed = 1; seed <= SEEDS / 10; seed++) {
      const world = new World(seed);
      world.send("bad-1", "bad-2", "a", "bad-3", "bad-4");
      await world.run(world.pipeline(false, [picky("bad")]));
      const value = ({ stored }: Letter): string => text(stored.value);
      await world.run(world.redrive([picky()], (letter) => ["bad-2", "bad-4"].includes(value(letter))));
      expect(world.values("dedup.in"), `seed ${seed}`).toEqual(["a", "bad-2", "bad-4"]);
      await world.run(world.redrive([picky()]));
      expect(world.values("dedup.in"), `seed ${seed}`).toEqual(["a", "bad-2", "bad-4", "bad-1", "bad-3"]);
    }
  });

  it("reads a record whose output was refused from the input again, with the tombstone of a delete", async () => {
    for (let seed = 1; seed <= SEEDS / 10; seed++) {
      const world = new World(seed);
      const refuses = ({ value }: { readonly value: Uint8Array | null }): boolean => text(value).startsWith("huge");
      world.send("a", "huge-delete", "b");
      await world.run(world.pipeline(false, [picky()], { refuses }));
      expect(world.letters()).toEqual([
        expect.objectContaining({ stage: "output", refused: true, attempts: 1, code: "RECORD_POISON" }),
      ]);
      // Still too large: a dead letter again, of the same record, which does not go round for ever.
      await world.run(world.redrive([picky()], undefined, { refuses }));
      expect(world.letters()[1]).toMatchObject({ refused: true, attempts: 2, record: { offset: 1 } });
      await world.run(world.redrive([picky()]));
      expect(world.values("dedup.in"), `seed ${seed}`).toEqual(["a", "b", "huge-delete", "null"]);
      const [, , output] = world.read("dedup.in");
      expect([output?.timestamp, output?.headers.map(({ key }) => key)]).toEqual([1_000, ["own"]]);
    }
  });

  it("drops what has never claimed its key when a copy was emitted meanwhile, and claims what has no owner", async () => {
    const world = new World(1, {});
    world.send("odd-1", "odd-2");
    await world.run(world.pipeline(true, [picky()]), false);
    // Mended: a copy of the first comes from elsewhere, and is emitted.
    world.send("odd-1");
    await world.run(world.pipeline(false, [picky()]), false);
    await world.run(world.redrive([picky()]), false);
    expect(world.values("dedup.in")).toEqual(["odd-1", "odd-2"]);
    world.send("odd-2", "odd-1");
    await world.run(world.pipeline(false, [picky()]), false);
    expect(world.values("dedup.in")).toEqual(["odd-1", "odd-2"]);
  });
});
