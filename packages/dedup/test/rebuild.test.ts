import { dedup, memoryStore } from "@tandem-cdc/dedup";
import { describe, expect, it } from "vitest";
import { FakeClock } from "./support.ts";
import { byValue, emitted, hash, logOf, started } from "./log.ts";

const options = { identity: byValue, hash };

it("a memory store that is rebuilt from the log knows what was emitted before the restart; one that is not, forgets", async () => {
  const log = logOf("x", "y", "z", "y", "new");
  const forgetful = dedup({ ...options, keyStore: memoryStore() });
  const context = started(log, 3);
  await forgetful.openLane?.(context);
  expect(await emitted(forgetful, context, log)).toEqual([3, 4]);

  const rebuilt = dedup({ ...options, keyStore: memoryStore(), rebuild: { horizonMs: 60_000 } });
  const again = started(log, 3);
  await rebuilt.openLane?.(again);
  expect(await emitted(rebuilt, again, log)).toEqual([4]);
  expect(again.shown).toEqual(["1/3", "2/3", "3/3"]);
});

it("begins one kept lifetime before the last committed record, not before now and not at the log's start", async () => {
  const log = logOf(...Array.from({ length: 100 }, (_, i) => `v${i}`));
  const context = started(log, 90);
  await dedup({ ...options, keyStore: memoryStore(), rebuild: { horizonMs: 8_000 } }).openLane?.(context);
  expect(context.read).toEqual([79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89]);
});

it("reads nothing again for a new lane, or after a rewind, and only what others processed after it was away", async () => {
  const log = logOf("a", "b", "c", "d", "b", "e", "c");
  const stage = dedup({ ...options, keyStore: memoryStore(), rebuild: { horizonMs: 60_000 } });
  const first = started(log.slice(0, 2), 0);
  await stage.openLane?.(first);
  expect(await emitted(stage, first, log.slice(0, 2))).toEqual([0, 1]);
  await stage.closeLane?.(first);

  const rewound = started(log, 1);
  await stage.openLane?.(rewound);
  await stage.closeLane?.(rewound);
  expect([...first.read, ...rewound.read]).toEqual([]);

  const back = started(log, 4);
  await stage.openLane?.(back);
  expect(back.read).toEqual([2, 3]);
  expect(await emitted(stage, back, log)).toEqual([5]);
});

describe("claims that are made again are as old as their records", () => {
  const HORIZON_MS = 80_000;
  /** A record a second, as long as claims are kept; the last one is the newest. */
  const log = logOf(...Array.from({ length: 100 }, (_, i) => `v${i}`), "v0", "v99");

  async function rebuilt(startOffset: number) {
    const clock = new FakeClock();
    const keyStore = memoryStore({ horizonMs: HORIZON_MS, clock });
    const stage = dedup({ ...options, keyStore, clock, rebuild: { horizonMs: HORIZON_MS } });
    const context = started(log, startOffset);
    await stage.openLane?.(context);
    const held = async (): Promise<number> => Number.parseInt((await keyStore.health()).detail ?? "", 10);
    return { clock, stage, context, held };
  }

  it("and are forgotten one after the other, not a kept lifetime after the start", async () => {
    const { clock, context, held, stage } = await rebuilt(100);
    expect(await held()).toBe(100);
    clock.time += 50_000;
    expect(await emitted(stage, context, log, 100, 101)).toEqual([100]);
    expect(await held()).toBeLessThanOrEqual(65);
    expect(await emitted(stage, context, log, 101, 102)).toEqual([]);
  });

  it("but live for the horizon", async () => {
    const { clock, context, stage } = await rebuilt(100);
    clock.time += 79_000;
    expect(await emitted(stage, context, log, 101, 102)).toEqual([]);
  });

  it("also where an older record follows a newer one", async () => {
    const clock = new FakeClock();
    const keyStore = memoryStore({ horizonMs: HORIZON_MS, clock });
    const times = [0, 60_000, 1_000, 60_000];
    const disorder = logOf("x", "y", "z", "z").map((record, i) => Object.assign(record, { timestamp: times[i] ?? 0 }));
    const stage = dedup({ ...options, keyStore, clock, rebuild: { horizonMs: HORIZON_MS } });
    const context = started(disorder, 3, { lastTimestamp: 60_000 });
    await stage.openLane?.(context);
    clock.time += 90_000;
    expect(await emitted(stage, context, disorder)).toEqual([]);
  });
});

it.each([0, -1, Number.NaN])("a horizonMs of %d is refused", (horizonMs) => {
  expect(() => dedup({ ...options, keyStore: memoryStore(), rebuild: { horizonMs } })).toThrow(TypeError);
});
