import { copyFileSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyStore, LaneContext } from "@tandem-cdc/core";
import { loadHash, memoryStore, type MemoryStore } from "@tandem-cdc/dedup";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endOf, fileIn, folder, type Life, life, lived, type Lived, LOG, opened } from "./lives.ts";
import { byValue, emitted, logOf } from "./log.ts";
import { FakeClock } from "./support.ts";

const xxh64 = await loadHash("xxh64");

describe("a file that is of no use", () => {
  async function whole(life: Life, why: RegExp, log = LOG): Promise<void> {
    const { context, notices, stage } = await opened(life, log, 4);
    expect(notices).toEqual([expect.stringMatching(why)]);
    expect(context.shown).toEqual(["1/4", "2/4", "3/4", "4/4"]);
    expect(await emitted(stage, context, log)).toEqual([5]);
    await stage.close?.();
  }

  it("is none: the whole horizon is read again", async () => {
    await whole(life(folder()), /no checkpoint \(there is none\): the whole horizon is read again/);
  });

  it.each<[what: string, Lived, Partial<LaneContext>]>([
    ["pipeline: other, not test", {}, { pipeline: "other" }],
    ["topic: cdc.shop.carts, not cdc.shop.orders", {}, { lane: { topic: "cdc.shop.carts", partition: 0 } }],
    ["partition: 7, not 0", {}, { lane: { topic: "cdc.shop.orders", partition: 7 } }],
    ["identity: value 2, not value 1", { identity: { ...byValue, version: 2 } }, {}],
    ["identity: other 1, not value 1", { identity: { ...byValue, name: "other" } }, {}],
    ["hash: xxh64, not xxh128", { hash: xxh64 }, {}],
    ["horizonMs: 59999, not 60000", { rebuild: { horizonMs: 59_999 } }, {}],
  ])("is of another %s", async (what, other, lane) => {
    const [path, elsewhere] = [folder(), folder()];
    await lived(life(path), LOG, 0, 4);
    await lived(life(elsewhere, other), LOG, 0, 4, lane);
    copyFileSync(fileIn(elsewhere), fileIn(path));
    await whole(life(path), new RegExp(`it is of another ${what}`));
  });

  it("two pipelines, topics and partitions in one folder have files of their own", async () => {
    const path = folder();
    await lived(life(path), LOG, 0, 4);
    await lived(life(path), LOG, 0, 4, { pipeline: "other" });
    await lived(life(path), LOG, 0, 4, { lane: { topic: "cdc/shop", partition: 1 } });
    expect(readdirSync(path)).toHaveLength(3);
    const { notices } = await opened(life(path), LOG, 4);
    expect(notices).toEqual([expect.stringContaining("below 4: 0 records")]);
  });

  it("is of a topic that was made anew", async () => {
    const path = folder();
    await lived(life(path), logOf("d", "e", "x", "y"), 0, 4);
    await whole(life(path), /the log is another one/);
  });

  it("is of a lane that is new: it has no past", async () => {
    const path = folder();
    await lived(life(path), LOG, 0, 4);
    const { context, notices, stage } = await opened(life(path), LOG, 2, { logStart: 2, lastTimestamp: null });
    expect([context.read, notices]).toEqual([[], []]);
    expect(await emitted(stage, context, LOG)).toEqual([2, 3, 4, 5, 6]);
  });

  it("ends before the horizon begins", async () => {
    const path = folder();
    const log = logOf(...Array.from({ length: 200 }, (_, i) => `v${i}`));
    await lived(life(path), log, 0, 4);
    const { context, notices } = await opened(life(path), log, 200);
    expect(notices).toEqual([expect.stringContaining("older than the horizon")]);
    expect(context.read[0]).toBe(124);
  });

  it("is damaged, anywhere and in any way: never a crash, never another claim", async () => {
    const path = folder();
    await lived(life(path), LOG, 0, 4);
    const file = fileIn(path);
    const sound = readFileSync(file);
    const changed = fc
      .array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 5 })
      .map((changes) => {
        const bytes = Buffer.from(sound);
        for (const [at, by] of changes) bytes[at] = (sound[at] ?? 0) ^ by;
        return bytes;
      });
    const cut = fc.nat(sound.length - 1).map((length) => sound.subarray(0, length));
    const longer = fc.uint8Array({ minLength: 1, maxLength: 100 }).map((more) => Buffer.concat([sound, more]));
    const nothingLikeIt = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, cut, longer, nothingLikeIt), async (bytes) => {
        writeFileSync(file, bytes);
        await whole(life(path), /no checkpoint \(it is (damaged|cut short)\)/);
      }),
      { numRuns: 300 },
    );
  });

  it("cannot be read", async () => {
    const path = folder();
    writeFileSync(join(path, "taken"), "");
    await whole(life(join(path, "taken")), /no checkpoint \(ENOTDIR/);
  });
});

describe("the file", () => {
  it("is for its owner's eyes only, in a folder that is made", async () => {
    const path = join(folder(), "a", "b");
    await lived(life(path), LOG, 0, 4);
    expect(statSync(fileIn(path)).mode & 0o777).toBe(0o600);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it.each([
    [299_999, 2],
    [300_000, 4],
  ])("is written while the lane runs: after %i ms it ends at %i", async (pause, end) => {
    const path = folder();
    const clock = new FakeClock();
    const { context, stage } = await opened(life(path, { clock }), LOG, 0);
    await emitted(stage, context, LOG, 0, 2);
    clock.time += pause;
    await emitted(stage, context, LOG, 2, 4);
    await stage.close?.();
    expect(await endOf(fileIn(path))).toBe(end);
  });

  it("is written when the lane is given up, also for one that only rebuilt", async () => {
    const path = folder();
    await lived(life(path), LOG, 0, 1);
    const { context, stage } = await opened(life(path), LOG, 4);
    await stage.closeLane?.(context);
    await stage.close?.();
    expect(await endOf(fileIn(path))).toBe(4);
  });

  it("stays as it was when the writing of a new one ends half way, or is killed", async () => {
    const path = folder();
    await lived(life(path), LOG, 0, 2);
    const file = fileIn(path);
    const old = readFileSync(file);
    const store = memoryStore();
    const breaking: MemoryStore = {
      ...store,
      *exportLane(lane) {
        yield* store.exportLane(lane);
        throw new Error("the disk is full");
      },
    };
    const half = life(path, { keyStore: breaking });
    await lived(half, LOG, 2, 4);
    expect(half.notices[1]).toBe("lane cdc.shop.orders-0: its checkpoint was not written: the disk is full");
    expect(readFileSync(fileIn(path))).toEqual(old);

    // As a process that was killed while it wrote leaves it.
    writeFileSync(`${file}.tmp`, old.subarray(0, 50));
    await lived(life(path), LOG, 2, 4);
    expect(await endOf(fileIn(path))).toBe(4);
  });

  it("that cannot be written costs a notice, not the lane", async () => {
    const path = folder();
    writeFileSync(join(path, "taken"), "");
    const one = life(join(path, "taken"));
    expect(await lived(one, LOG, 0, 4)).toEqual([0, 1, 2, 3]);
    expect(one.notices[0]).toMatch(/its checkpoint was not written: (EEXIST|ENOTDIR)/);
  });

  it("that is moved takes its claims with it", async () => {
    const [path, elsewhere] = [folder(), folder()];
    await lived(life(path), LOG, 0, 4);
    const file = fileIn(path);
    renameSync(file, join(elsewhere, file.slice(path.length + 1)));
    const { notices } = await opened(life(elsewhere), LOG, 4);
    expect(notices).toEqual([expect.stringContaining("below 4")]);
  });

  it("needs a store whose claims can be taken out", () => {
    const keyStore: KeyStore & Partial<MemoryStore> = { ...memoryStore() };
    delete keyStore.exportLane;
    expect(() => life(folder(), { keyStore })).toThrow(TypeError);
  });
});
