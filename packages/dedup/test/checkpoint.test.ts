import { memoryStore, type MemoryStore } from "@tandem-cdc/dedup";
import { describe, expect, it } from "vitest";
import { CheckpointFile } from "../src/checkpoint-file.ts";
import { endOf, fileIn, folder, HORIZON_MS, life, lived, LOG, opened } from "./lives.ts";
import { byOccurrence, emitted, logOf, started } from "./log.ts";
import { FakeClock } from "./support.ts";

describe("a lane that starts with its file", () => {
  it("reads nothing again where the file reaches its start, and knows every change", async () => {
    const path = folder();
    expect(await lived(life(path), LOG, 0, 4)).toEqual([0, 1, 2, 3]);
    const { context, notices, stage } = await opened(life(path), LOG, 4);
    // One record, to see that it is the same log.
    expect([context.read, context.shown]).toEqual([[3], []]);
    expect(notices).toEqual(["lane cdc.shop.orders-0: a checkpoint has the claims below 4: 0 records are read again"]);
    expect(await emitted(stage, context, LOG)).toEqual([5]);
  });

  it("reads only again what came after the file", async () => {
    const path = folder();
    await lived(life(path), LOG, 0, 2);
    const { context, notices, stage } = await opened(life(path), LOG, 4);
    expect([context.read, context.shown]).toEqual([
      [1, 2, 3],
      ["1/2", "2/2"],
    ]);
    expect(notices).toEqual([expect.stringContaining("below 2: 2 records are read again")]);
    expect(await emitted(stage, context, LOG)).toEqual([5]);
  });

  it("emits again what was claimed beyond its start, whose transaction did not commit", async () => {
    const path = folder();
    await lived(life(path), LOG, 0, 6);
    const { context, stage } = await opened(life(path), LOG, 2);
    expect(context.read).toEqual([5]);
    expect(await emitted(stage, context, LOG)).toEqual([2, 3, 5]);
  });

  it("goes on counting where the file ends, in the middle of a transaction", async () => {
    const path = folder();
    const log = logOf("a:x", "a:x", "b:x", "b:x", "b:x");
    await lived(life(path, { identity: byOccurrence }), log, 0, 1);
    const context = started(log, 1, { state: { identity: { "a:x": 1 } } });
    const crashed = life(path, { identity: byOccurrence });
    await crashed.stage.openLane?.(context);
    expect(await emitted(crashed.stage, context, log, 1, 2)).toEqual([1]);

    const again = await opened(life(path, { identity: byOccurrence }), log, 2, { state: context.state });
    expect(again.notices).toEqual([expect.stringContaining("below 1: 1 records are read again")]);
    expect(await emitted(again.stage, again.context, log)).toEqual([4]);
  });

  it("is not disturbed by claims in the file that were made while it was written", async () => {
    const path = folder();
    const store = memoryStore();
    const context = started(LOG, 0);
    let later: Promise<number[]> | undefined;
    const busy: MemoryStore = {
      ...store,
      *exportLane(lane) {
        // Claims are made at once.
        later = emitted(stage, context, LOG, 4, 9);
        yield* store.exportLane(lane);
      },
    };
    const { stage } = life(path, { keyStore: busy });
    await stage.openLane?.(context);
    await emitted(stage, context, LOG, 0, 4);
    await stage.close?.();
    expect(await later).toEqual([5]);
    expect(await endOf(fileIn(path))).toBe(4);
    const claims: number[] = [];
    const file = await CheckpointFile.open(fileIn(path));
    for await (const { first } of file.blocks()) claims.push(first);
    await file.close();
    expect(claims).toContain(5);

    const before = await opened(life(path), LOG, 4);
    expect(await emitted(before.stage, before.context, LOG)).toEqual([5]);
    const after = await opened(life(path), LOG, 6);
    expect(after.context.read).toEqual([3, 4, 5]);
    expect(await emitted(after.stage, after.context, LOG)).toEqual([]);
  });

  it("keeps its claims over the time that the process was away, and lets them grow old while it runs", async () => {
    const path = folder();
    const log = logOf("a", "b", "a", "a");
    const clock = new FakeClock();
    await lived(life(path, { clock }), log, 0, 2);
    clock.time += 10 * HORIZON_MS;
    const { context, stage } = await opened(life(path, { clock }), log, 2);
    clock.time += HORIZON_MS;
    expect(await emitted(stage, context, log, 2, 3)).toEqual([]);
    clock.time += HORIZON_MS;
    expect(await emitted(stage, context, log, 3, 4)).toEqual([3]);
  });
});
