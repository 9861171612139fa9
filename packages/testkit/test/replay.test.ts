import {
  type Lane,
  laneId,
  passThrough,
  type ReplayFrom,
  TandemError,
  type Transform,
  type Transport,
} from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { Random } from "../src/index.ts";
import { LANE, type Life, type LifeOptions, Scene, TOPIC, types } from "./scene.ts";
import { transportWith } from "./transport-with.ts";

const LETTERS = ["a", "b", "c", "d", "e"];
const EARLIEST: LifeOptions = { replay: { from: "earliest" } };

const at = (offset: number, lane: Lane = LANE): LifeOptions => ({
  replay: { from: { offsets: new Map([[laneId(lane), offset]]) } },
});

/** A scene in which everything has been processed once; each letter came twice. */
async function processed(): Promise<Scene> {
  const scene = new Scene();
  scene.send(...LETTERS, ...LETTERS);
  await scene.process();
  expect(scene.output()).toEqual(LETTERS);
  return scene;
}

/** Runs until everything is committed, again where a replay begins. */
async function replayed(scene: Scene, options: LifeOptions, instance = "0"): Promise<Life> {
  const life = scene.start(instance, options);
  const over = (): boolean => life.ended !== undefined;
  await scene.until(() => over() || (types(life).includes("committed") && scene.done), 120_000);
  life.stop();
  await scene.until(over);
  return life;
}

/** What lanes are told when they open. */
function witness(told: unknown[]): Transform {
  return {
    name: "witness",
    openLane: ({ lastTimestamp, replaying, startOffset, state }) =>
      void told.push({ startOffset, replaying, lastTimestamp, state }),
    apply(batch, context) {
      context.state = batch.offset(batch.length - 1);
      return passThrough(batch);
    },
  };
}

/** Nothing comes of reading. */
function hungry(inner: Transport): Transport {
  return transportWith(inner, { poll: () => inner.poll().then(() => []) });
}

describe("a deliberate replay (DESIGN 2.1)", () => {
  it("from the beginning gives the same output again", async () => {
    const scene = await processed();
    const life = await replayed(scene, EARLIEST);
    expect(life.ended).toBe("stopped");
    expect(scene.output()).toEqual([...LETTERS, ...LETTERS]);
  });

  it("from an offset gives what was emitted from there on, and goes on with what is new", async () => {
    const scene = await processed();
    scene.send("f");
    await replayed(scene, at(3));
    expect(scene.output()).toEqual([...LETTERS, "d", "e", "f"]);
  });

  it("from a time begins with the first record of that time or later", async () => {
    const scene = new Scene();
    scene.send("a", "b");
    await scene.pass(10_000);
    const timestamp = scene.scheduler.now;
    await scene.pass(10_000);
    scene.send("c");
    await scene.process();
    await replayed(scene, { replay: { from: { timestamp } } });
    expect(scene.output()).toEqual(["a", "b", "c", "c"]);
  });

  it("begins where the log begins when less is left", async () => {
    const scene = await processed();
    scene.kafka.log(LANE).deleteBefore(2);
    await replayed(scene, EARLIEST);
    expect(scene.output()).toEqual([...LETTERS, "c", "d", "e"]);
  });

  it("leaves lanes alone that it does not name, and begins lanes that are new", async () => {
    const scene = new Scene({ partitions: 3 });
    scene.sendTo(0, "a");
    scene.sendTo(1, "b");
    await scene.process();
    scene.sendTo(2, "c");
    await replayed(scene, at(0, { topic: TOPIC, partition: 1 }));
    expect([0, 1, 2].map((partition) => scene.output("dedup.in", partition))).toEqual([["a"], ["b", "b"], ["c"]]);
  });

  it("tells transforms that it is one, with the state of the floor and the time of the record before its start", async () => {
    const scene = new Scene();
    scene.send("a", "b");
    await scene.pass(1_000);
    scene.send("c");
    await scene.process({ after: [witness([])] });
    const told: unknown[] = [];
    await replayed(scene, { ...at(2), after: [witness(told)] });
    scene.send("d");
    await scene.process({ after: [witness(told)] });
    const [first, second] = scene.kafka.log(LANE).read(1);
    expect(told).toEqual([
      { startOffset: 2, replaying: true, lastTimestamp: first?.timestamp, state: 2 },
      { startOffset: 3, replaying: false, lastTimestamp: second?.timestamp, state: 2 },
    ]);
  });

  it("is one still for transforms after a crash before its first batch: what they remember is the floor's", async () => {
    const scene = new Scene();
    scene.send("a", "b", "c");
    await scene.process({ after: [witness([])] });
    const dying = scene.start("0", { ...EARLIEST, pollRecords: 3, commit: { minIntervalMs: 100 } });
    await scene.until(() => scene.state()?.nextOffset === 0);
    dying.process.kill();
    expect(scene.output()).toEqual(["a", "b", "c"]);
    for (const options of [{}, EARLIEST]) {
      const told: unknown[] = [];
      const next = scene.start("0", { ...options, after: [witness(told)], transport: hungry });
      await scene.until(() => told.length === 1);
      next.process.kill();
      expect(told).toEqual([{ startOffset: 0, replaying: true, lastTimestamp: null, state: 2 }]);
    }
    const told: unknown[] = [];
    await scene.process({ after: [witness(told)] });
    expect(scene.output()).toEqual(["a", "b", "c", "a", "b", "c"]);
    scene.send("d");
    await scene.process({ after: [witness(told)] });
    expect(told.at(-1)).toMatchObject({ startOffset: 3, replaying: false, state: 2 });
  });

  it("goes on where a crash left it when it is started without it, and again from there with it", async () => {
    for (const again of [{}, EARLIEST])
      for (let steps = 0; steps < 60; steps += 3) {
        const scene = await processed();
        const dying = scene.start("0", { ...EARLIEST, pollRecords: 3 });
        dying.process.killAfter(steps, () => undefined);
        await scene.pass(2_000);
        const before = scene.output().length;
        expect(scene.output().slice(5)).toEqual(LETTERS.slice(0, before - 5));
        const begun = scene.state()?.nextOffset !== 10 || before > 5;
        const life = scene.start("0", { ...again, pollRecords: 3 });
        await scene.until(() => scene.done && types(life).includes("assigned"));
        await scene.pass(5_000);
        expect(life.ended).toBeUndefined();
        const rest = again === EARLIEST ? LETTERS : begun ? LETTERS.slice(before - 5) : [];
        expect(scene.output().slice(before)).toEqual(rest);
      }
  });

  it("gives each lane's output again exactly once, whatever goes wrong on the way", async () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = new Random(seed);
      const partitions = 1 + random.below(3);
      const scene = new Scene({ partitions, seed });
      for (let partition = 0; partition < partitions; partition++) {
        const texts = Array.from({ length: random.below(60) }, () => `v${partition}.${random.below(30)}`);
        scene.sendTo(partition, ...texts);
      }
      await scene.process();
      const outputs = (): string[][] =>
        Array.from({ length: partitions }, (_, partition) => scene.output("dedup.in", partition));
      const once = outputs();
      const commit = { minIntervalMs: 0, maxIntervalMs: 1 };
      const life = scene.start("0", { ...EARLIEST, commit, pollRecords: 1 + random.below(20) });
      const commits = (): number => types(life).filter((type) => type === "committed").length;
      for (let i = 0; i < 6; i++) {
        scene.faults.order(
          random.pick([
            "commit-abortable",
            "commit-answer-lost",
            "commit-request-lost",
            "commit-late",
            "offsets-unknown",
            "produce-fatal",
            "seek-failed",
            "read-failed",
            "lane-start-failed",
            "store-timeout-before-write",
          ]),
        );
        const next = commits() + random.below(3);
        await scene.scheduler.run(() => commits() >= next, 20_000);
      }
      await scene.pass(300_000);
      expect(life.ended).toBeUndefined();
      expect(scene.done).toBe(true);
      expect(outputs(), `seed ${seed}`).toEqual(once.map((texts) => texts.concat(texts)));
    }
  });

  it("repairs a group's offset that was reset or has expired, and repeats nothing where it starts at the floor", async () => {
    for (const offset of [2, null]) {
      const scene = await processed();
      scene.setOffset(offset);
      const life = await replayed(scene, at(10));
      expect(life.ended).toBe("stopped");
      expect(scene.committed()).toBe(10);
      scene.send("f");
      await scene.process();
      expect(scene.output()).toEqual([...LETTERS, "f"]);
    }
  });

  it("that retention overtook goes on with what is left: all of it was emitted before", async () => {
    const scene = await processed();
    scene.down = true;
    const dying = scene.start("0", EARLIEST);
    await scene.until(() => scene.state()?.nextOffset === 0);
    dying.process.kill();
    scene.down = false;
    scene.kafka.log(LANE).deleteBefore(4);
    expect(await scene.refusal()).toMatchObject({ code: "LANE_OFFSET_OUT_OF_RANGE", began: false });
    await replayed(scene, EARLIEST);
    expect(scene.output()).toEqual([...LETTERS, "e"]);
    expect(scene.committed()).toBe(10);
  });
});

describe("a replay is refused", () => {
  async function refused(scene: Scene, options: LifeOptions): Promise<string> {
    const before = scene.output();
    const life = await replayed(scene, options);
    expect(scene.output()).toEqual(before);
    return life.ended instanceof TandemError ? life.ended.code : "none";
  }

  it("while another instance has lanes of the input, and takes nothing from it", async () => {
    const scene = new Scene({ partitions: 2 });
    scene.sendTo(0, "a");
    scene.sendTo(1, "b");
    const other = scene.start("1");
    await scene.until(() => scene.done);
    const life = scene.start("0", EARLIEST);
    await scene.until(() => life.ended !== undefined, 120_000);
    expect(life.ended).toMatchObject({ code: "REPLAY_NOT_ALONE" });
    expect(types(life)).not.toContain("assigned");
    expect(other.ended).toBeUndefined();
    scene.sendTo(0, "c");
    await scene.until(() => scene.done);
    expect([scene.output(), scene.output("dedup.in", 1)]).toEqual([["a", "c"], ["b"]]);
  });

  it("also when the other instance has all of them", async () => {
    const scene = await processed();
    const other = scene.start("0");
    await scene.until(() => types(other).includes("assigned"));
    const life = scene.start("1", EARLIEST);
    await scene.until(() => life.ended !== undefined, 120_000);
    expect(life.ended).toMatchObject({ code: "REPLAY_NOT_ALONE" });
  });

  it("but not because of an instance that has just been stopped: it keeps its lanes for its session", async () => {
    const scene = new Scene({ partitions: 2 });
    scene.sendTo(0, "a");
    scene.sendTo(1, "b");
    const both = [scene.start("0"), scene.start("1")];
    await scene.until(() => scene.done && both.every((life) => types(life).includes("assigned")));
    for (const life of both) life.stop();
    await scene.until(() => both.every(({ ended }) => ended !== undefined));
    const life = await replayed(scene, EARLIEST);
    expect(life.ended).toBe("stopped");
    expect(types(life)).toContain("stalled");
    expect([scene.output(), scene.output("dedup.in", 1)]).toEqual([
      ["a", "a"],
      ["b", "b"],
    ]);
  });

  it("above the floor: the records between would be lost", async () => {
    expect(await refused(await processed(), at(11))).toBe("REPLAY_BEYOND_FLOOR");
  });

  it("for a lane that is none of the input", async () => {
    expect(await refused(await processed(), at(0, { topic: TOPIC, partition: 7 }))).toBe("CONFIG_INVALID");
  });

  it("on another log than the one that was processed", async () => {
    const scene = await processed();
    scene.kafka.deleteTopic(TOPIC);
    scene.kafka.createTopic(TOPIC, 1);
    scene.send(..."newer records".split(""));
    expect(await refused(scene, EARLIEST)).toBe("LANE_ANCHOR_MISMATCH");
  });

  it("over a transport that cannot tell all lanes", async () => {
    const scene = await processed();
    const bare = (inner: Parameters<typeof transportWith>[0]): typeof inner => {
      const made = transportWith(inner, {});
      delete made.inputLanes;
      return made;
    };
    const from: ReplayFrom = "earliest";
    expect(await refused(scene, { replay: { from }, transport: bare })).toBe("CONFIG_INVALID");
  });
});
