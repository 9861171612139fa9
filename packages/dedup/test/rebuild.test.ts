import { dedup, memoryStore } from "@tandem-cdc/dedup";
import { expect, it } from "vitest";
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
