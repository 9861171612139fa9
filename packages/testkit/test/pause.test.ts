import { laneId } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { heldStore, LANE, type Life, type LifeOptions, Scene, types } from "./scene.ts";

const FIRST = ["a", "b", "c"];
const LATER = ["d", "e", "f"];

const state = (life: Life): string => life.pipeline.status().state;

/** A scene whose pipeline has processed something, and is on hold with more to read. */
async function onHold(options: LifeOptions = {}): Promise<{ readonly scene: Scene; readonly life: Life }> {
  const scene = new Scene();
  scene.send(...FIRST);
  const life = scene.start("0", options);
  await scene.until(() => scene.done && scene.output().length === FIRST.length);
  life.pipeline.pause();
  await scene.until(() => state(life) === "PAUSED");
  scene.send(...LATER, ...LATER);
  return { scene, life };
}

/** It goes on, and everything comes out once. */
async function goesOn(scene: Scene, life: Life): Promise<void> {
  expect(scene.output()).toEqual(FIRST);
  expect(state(life)).toBe("PAUSED");
  life.pipeline.resume();
  await scene.until(() => scene.done);
  expect(scene.output()).toEqual([...FIRST, ...LATER]);
  expect(state(life)).toBe("RUNNING");
}

describe("a pipeline that is paused", () => {
  it("emits nothing and keeps its lanes, however long; resumed, it goes on where it was", async () => {
    const { life, scene } = await onHold();
    await scene.pass(300_000);
    expect(types(life)).not.toContain("revoked");
    await goesOn(scene, life);
  });

  it("stays so over a rebalance, which takes lanes away and gives them back", async () => {
    const { life, scene } = await onHold();
    const other = scene.start("1");
    await scene.until(() => types(life).includes("revoked"));
    other.stop();
    await scene.until(() => other.ended !== undefined);
    await scene.until(() => types(life).lastIndexOf("assigned") > types(life).lastIndexOf("revoked"), 120_000);
    await scene.pass(30_000);
    await goesOn(scene, life);
  });

  it("stays so where it is started again after an abort", async () => {
    const scene = new Scene();
    scene.send(...FIRST);
    const store = heldStore();
    const life = scene.start("0", { keyStore: store.wrap });
    await scene.until(() => store.waiting > 0);
    scene.faults.order("commit-abortable");
    life.pipeline.pause();
    expect(state(life)).toBe("PAUSING");
    store.release();
    await scene.until(() => types(life).includes("rewound"));
    await scene.until(() => state(life) === "PAUSED");
    await scene.pass(30_000);
    expect(scene.output()).toEqual([]);
    life.pipeline.resume();
    await scene.until(() => scene.done && scene.output().length > 0);
    expect(scene.output()).toEqual(FIRST);
  });

  it("commits what it had begun", async () => {
    const scene = new Scene();
    scene.send(...FIRST);
    const store = heldStore();
    const life = scene.start("0", { keyStore: store.wrap, pollRecords: 3 });
    await scene.until(() => store.waiting > 0);
    life.pipeline.pause();
    await scene.pass(5_000);
    expect(state(life)).toBe("PAUSING");
    const begun = store.claimed.length;
    store.release();
    await scene.until(() => state(life) === "PAUSED");
    await scene.pass(10_000);
    expect(begun).toBeGreaterThan(0);
    expect(scene.output()).toEqual(FIRST.slice(0, begun));
  });

  it("reads next to nothing meanwhile, however much comes", async () => {
    const scene = new Scene();
    scene.send("0");
    const store = heldStore();
    const life = scene.start("0", { keyStore: store.wrap, pollRecords: 3 });
    await scene.until(() => store.waiting > 0);
    life.pipeline.pause();
    const send = async (): Promise<void> => {
      for (let i = 1; i <= 50; i++) {
        scene.send(`${i}`);
        await scene.pass(500);
      }
    };
    await send();
    store.release();
    await send();
    const read = life.events.reduce((sum, event) => sum + (event.type === "polled" ? event.batch.length : 0), 0);
    expect(read).toBeLessThanOrEqual(1 + 3);
    life.pipeline.resume();
    await scene.until(() => scene.done);
    expect(scene.output()).toEqual(Array.from({ length: 51 }, (_, i) => `${i}`));
  });

  it("reads on a lane that was full before, and is not any more", async () => {
    const scene = new Scene();
    scene.send(...FIRST);
    const store = heldStore();
    const life = scene.start("0", { keyStore: store.wrap, pollRecords: 1, maxBufferedBytes: 1 });
    await scene.until(() => store.waiting > 0 && types(life).includes("paused"));
    life.pipeline.pause();
    store.release();
    await scene.until(() => state(life) === "PAUSED");
    life.pipeline.resume();
    await scene.until(() => scene.done);
    expect(scene.output()).toEqual(FIRST);
  });

  it("may be so from the beginning", async () => {
    const scene = new Scene();
    scene.send(...FIRST);
    const life = scene.start("0", { paused: true });
    await scene.until(() => state(life) === "PAUSED");
    await scene.pass(30_000);
    expect(scene.output()).toEqual([]);
    life.pipeline.resume();
    await scene.until(() => scene.done && scene.output().length > 0);
    expect(scene.output()).toEqual(FIRST);
  });

  it("is read on by others when it gives up its lanes", async () => {
    const { life, scene } = await onHold();
    life.stop();
    await scene.until(() => life.ended !== undefined);
    scene.start("1");
    await scene.until(() => scene.done);
    expect(scene.output()).toEqual([...FIRST, ...LATER]);
  });
});

describe("what a pipeline tells of itself", () => {
  it("is new, starts, runs and stops", async () => {
    const scene = new Scene();
    scene.send(...FIRST);
    const life = scene.start();
    const seen = new Set<string>();
    await scene.until(() => {
      seen.add(state(life));
      return scene.done && scene.output().length > 0;
    });
    expect([...seen]).toEqual(
      ["STARTING", "UNASSIGNED", "STARTING", "RUNNING"].filter((s, i, all) => all.indexOf(s) === i),
    );
    life.stop();
    expect(state(life)).toBe("STOPPING");
    await scene.until(() => life.ended !== undefined);
    expect(life.pipeline.status()).toEqual({ name: "scene", state: "STOPPED", lanes: [], lastError: null });
  });

  it("says how far its lanes are, and asks for their ends where it is to know", async () => {
    const { life, scene } = await onHold();
    expect(life.pipeline.status().lanes).toMatchObject([{ lane: LANE, state: "PAUSED", committed: 3, next: 3 }]);
    const asked: unknown[] = [];
    void life.pipeline.lanes().then((lanes) => asked.push(...lanes));
    await scene.until(() => asked.length > 0);
    expect(asked).toEqual([{ lane: LANE, state: "PAUSED", committed: 3, next: 3, logEnd: 9 }]);
  });

  it("names what went wrong last, and what it waits for", async () => {
    const scene = new Scene();
    scene.send(...FIRST);
    scene.down = true;
    const life = scene.start();
    await scene.until(() => life.pipeline.status().lanes.some(({ state }) => state === "WAITING"));
    expect(life.pipeline.status()).toMatchObject({ state: "RUNNING", lastError: { code: "STORE_UNAVAILABLE" } });
    scene.down = false;
    await scene.until(() => scene.done && scene.output().length > 0);
    expect(life.pipeline.status().lanes).toMatchObject([{ lane: LANE, state: "RUNNING" }]);
    scene.setOffset(99);
    life.stop();
    await scene.until(() => life.ended !== undefined);
    const next = scene.start();
    await scene.until(() => next.ended !== undefined, 120_000);
    expect(next.pipeline.status()).toMatchObject({
      state: "FAILED",
      lastError: { code: expect.stringMatching(/^LANE_/) },
    });
    expect(next.pipeline.status().lastError?.message).toContain(laneId(LANE));
  });
});
