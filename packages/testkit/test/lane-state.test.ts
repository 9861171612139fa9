import { passThrough, type Transform, type Transport } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { LANE, Scene, TOPIC, types } from "./scene.ts";
import { transportWith } from "./transport-with.ts";

const LETTERS = ["a", "b", "c", "d", "e"];

/** A scene in which everything has been processed once. */
async function processed(): Promise<Scene> {
  const scene = new Scene();
  scene.send(...LETTERS);
  await scene.process();
  expect(scene.output()).toEqual(LETTERS);
  return scene;
}

/** Counts every record that it has seen, in its part of the lane state. */
const counting: Transform = {
  name: "counting",
  apply(batch, context) {
    context.state = Number(context.state ?? 0) + batch.length;
    return passThrough(batch);
  },
};

describe("a lane starts (DESIGN 2.7)", () => {
  it("at its log's beginning when it was never processed, and commits that first", async () => {
    const scene = new Scene();
    scene.send("gone", ...LETTERS);
    scene.kafka.log(LANE).deleteBefore(1);
    const life = await scene.process();
    expect(life.events.find((event) => event.type === "committed")).toMatchObject({
      inputs: 0,
      lanes: [{ nextOffset: 1 }],
    });
    expect(scene.output()).toEqual(LETTERS);
  });

  it("its first commit goes before its first records, also when a poll under way brings them with the assignment", async () => {
    const scene = new Scene();
    scene.send(...LETTERS);
    const patient = (inner: Transport): Transport =>
      transportWith(inner, {
        poll: async () => {
          for (;;) {
            const batches = await inner.poll();
            if (batches.length > 0 || scene.done) return batches;
          }
        },
      });
    const life = scene.start("0", { transport: patient });
    await scene.until(() => scene.done);
    await scene.pass(5_000);
    const offsets = life.events.flatMap((event) =>
      event.type === "committed" ? event.lanes.map(({ nextOffset }) => nextOffset) : [],
    );
    expect(offsets.at(-1)).toBe(5);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(scene.output()).toEqual(LETTERS);
  });

  it("where its state equals the committed offset", async () => {
    const scene = await processed();
    scene.send("f");
    const life = await scene.process();
    expect(life.events.find((event) => event.type === "assigned")).toMatchObject({ lanes: [{ offset: 5 }] });
    expect(scene.output()).toEqual([...LETTERS, "f"]);
  });

  it("after a wait while one half of a commit is visible before the other", async () => {
    let halves = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const scene = new Scene({ seed, transactions: { markerMs: () => 12_000 } });
      scene.send(...LETTERS);
      const dying = scene.start("0");
      const standby = scene.start("1");
      // The offsets' marker may come before the state's.
      const half = (): boolean => scene.committed() !== null && scene.committed() !== scene.state()?.nextOffset;
      if (await scene.scheduler.run(half, 60_000)) halves++;
      dying.process.kill();
      await scene.until(() => scene.done || standby.ended !== undefined, 300_000);
      expect(standby.ended).toBeUndefined();
      expect(scene.output()).toEqual(LETTERS);
    }
    expect(halves).toBeGreaterThan(0);
  });

  it("with the anchor gone by retention, when nothing unprocessed is gone", async () => {
    const scene = await processed();
    scene.kafka.log(LANE).deleteBefore(5);
    scene.send("f");
    await scene.process();
    expect(scene.output()).toEqual([...LETTERS, "f"]);
  });
});

describe("a lane whose producers write in transactions", () => {
  /** A scene whose log ends with the marker of a transaction. */
  async function transactional(): Promise<Scene> {
    const scene = new Scene();
    scene.send(...LETTERS);
    const producer = scene.kafka.transactions.init("connector");
    scene.kafka.produce(producer, LANE, scene.kafka.log(LANE).read(4));
    scene.kafka.transactions.end(producer, true);
    await scene.until(() => scene.kafka.log(LANE).lastStable === 7);
    return scene;
  }

  it("moves its floor past their markers while it rests, so that retention may take everything", async () => {
    const scene = await transactional();
    const life = scene.start();
    await scene.until(() => scene.committed() === 7, 300_000);
    life.stop();
    await scene.until(() => life.ended !== undefined);
    expect(scene.state()?.nextOffset).toBe(7);
    scene.kafka.log(LANE).deleteBefore(7);
    scene.send("f");
    await scene.process();
    expect(scene.output()).toEqual([...LETTERS, "f"]);
  });

  it("does not while records wait for anything, or when some are gone unread", async () => {
    const scene = await transactional();
    scene.start("0", { after: [{ name: "stuck", apply: () => new Promise(() => undefined) }] });
    await scene.pass(600_000);
    expect(scene.committed()).toBe(0);
    const gone = await transactional();
    const deaf = (inner: Transport): Transport =>
      transportWith(inner, {
        poll: () => inner.poll().then(() => []),
        bounds: async () => ({ logStart: 5, logEnd: 7 }),
      });
    gone.start("0", { transport: (inner) => transportWith(deaf(inner), { async *read() {} }) });
    await gone.pass(600_000);
    expect(gone.committed()).toBe(0);
  });

  it("does not past records that the consumer has not delivered", async () => {
    const scene = await transactional();
    const deaf = (inner: Transport): Transport => transportWith(inner, { poll: () => inner.poll().then(() => []) });
    scene.start("0", { transport: deaf });
    await scene.pass(600_000);
    expect(scene.committed()).toBe(0);
  });
});

describe("a lane refuses to start (DESIGN 2.4, 2.7)", () => {
  it("after an accidental rewind", async () => {
    const scene = await processed();
    scene.setOffset(2);
    expect(await scene.refusal()).toMatchObject({ code: "LANE_OFFSET_REWOUND", began: false });
    expect(scene.output()).toEqual(LETTERS);
  });

  it("when the group's offset expired", async () => {
    const scene = await processed();
    scene.setOffset(null);
    expect(await scene.refusal()).toMatchObject({ code: "LANE_OFFSET_MISSING", began: false });
  });

  it("when its state stays older than the committed offset: it waits longer than a transaction may take, then stops", async () => {
    const scene = await processed();
    scene.send("f");
    scene.setOffset(6);
    const { afterMs, code } = await scene.refusal();
    expect(code).toBe("LANE_STATE_STALE");
    expect(afterMs).toBeGreaterThan(15_000);
  });

  it("when its state is gone", async () => {
    const scene = await processed();
    scene.kafka.deleteTopic("scene.lanes");
    expect(await scene.refusal()).toMatchObject({ code: "LANE_STATE_MISSING", began: false });
  });

  it("when the topic was re-created: its offsets went with it", async () => {
    const scene = await processed();
    scene.kafka.deleteTopic(TOPIC);
    scene.kafka.createTopic(TOPIC, 1);
    scene.send("n", "e", "w", "e", "r", "s");
    expect(await scene.refusal()).toMatchObject({ code: "LANE_OFFSET_MISSING", began: false });
  });

  it("when the record before the committed offset is another one", async () => {
    const scene = await processed();
    scene.kafka.deleteTopic(TOPIC);
    scene.kafka.createTopic(TOPIC, 1);
    scene.send("n", "e", "w", "e", "r", "s");
    scene.setOffset(5);
    expect(await scene.refusal()).toMatchObject({ code: "LANE_ANCHOR_MISMATCH", began: false });
    expect(scene.output()).toEqual(LETTERS);
  });

  it("when the log was truncated below it", async () => {
    const scene = await processed();
    scene.kafka.log(LANE).truncate(3);
    expect(await scene.refusal()).toMatchObject({ code: "LANE_OFFSET_OUT_OF_RANGE", began: false });
  });

  it("when retention removed what was not processed", async () => {
    const scene = await processed();
    scene.send("f", "g", "h");
    scene.kafka.log(LANE).deleteBefore(7);
    expect(await scene.refusal()).toMatchObject({ code: "LANE_OFFSET_OUT_OF_RANGE", began: false });
  });

  it("when the topic was re-partitioned", async () => {
    const scene = await processed();
    scene.kafka.addPartitions(TOPIC, 2);
    expect(await scene.refusal()).toMatchObject({ code: "LANE_PARTITIONS_CHANGED", began: false });
  });
});

describe("lane state (DESIGN 2.7)", () => {
  it("is restored to the committed version by every rewind, so that nothing is counted twice", async () => {
    const scene = new Scene();
    const life = scene.start("0", { after: [counting], pollRecords: 3 });
    for (let i = 0; i < 30; i++) {
      scene.send(`v${i}`);
      scene.faults.order(
        scene.random.pick([
          "commit-abortable",
          "commit-answer-lost",
          "commit-request-lost",
          "store-timeout-before-write",
          "produce-fatal",
        ]),
      );
      await scene.pass(2_000);
    }
    await scene.until(() => scene.done);
    expect(types(life).filter((type) => type === "rewound").length).toBeGreaterThan(10);
    expect(scene.state()?.stages["counting"]).toBe(30);
  });

  it("survives crashes between any two steps with the outputs that it belongs to", async () => {
    for (let steps = 0; steps < 60; steps++) {
      const scene = new Scene();
      scene.send(...LETTERS, ...LETTERS);
      const dying = scene.start("0", { after: [counting], pollRecords: 3 });
      dying.process.killAfter(steps, () => undefined);
      await scene.pass(2_000);
      await scene.process({ after: [counting], pollRecords: 3 });
      expect(scene.output()).toEqual(LETTERS);
      expect(scene.state()?.stages["counting"]).toBe(5);
    }
  });
});

describe("a lane whose batch failed", () => {
  it("takes no later batch: what comes after must not overtake it", async () => {
    const scene = new Scene();
    const life = scene.start("0", { pollRecords: 1 });
    await scene.until(() => scene.committed() === 0);
    scene.down = true;
    scene.send("a", "b");
    await scene.until(() => types(life).includes("stalled"));
    scene.down = false;
    scene.send("c");
    await scene.until(() => scene.done);
    expect(scene.output()).toEqual(["a", "b", "c"]);
  });
});
