import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Batch, batchOf, type LaneContext, type PlainRecord, type Transform } from "@tandem-cdc/core";
import { contentIdentity } from "@tandem-cdc/debezium";
import { dedup, memoryStore } from "@tandem-cdc/dedup";
import type { Target } from "../target.ts";
import { LANE } from "./lane.ts";

const HORIZON_MS = 60_000;
const CHECKSUM_BYTES = 32;
const LOG: readonly PlainRecord[] = ["1", "2", "1", "3"].map((value, offset) => ({
  offset,
  timestamp: offset,
  key: null,
  value: Buffer.from(value),
}));

/** Of the log, from `startOffset` on. */
function laneAt(startOffset: number): LaneContext {
  return {
    ...LANE,
    startOffset,
    lastTimestamp: startOffset === 0 ? null : startOffset - 1,
    async *replay(from, to): AsyncGenerator<Batch> {
      for (const record of LOG.slice(Math.max(0, from), Math.max(0, to))) yield batchOf(LANE.lane, [record]);
    },
    offsetAt: async (timestampMs) => Math.max(0, Math.ceil(timestampMs)),
  };
}

const clock = { now: () => 10, sleep: async () => undefined };

function stageOver(folder: string): Transform {
  const keyStore = memoryStore({ clock, horizonMs: HORIZON_MS });
  const rebuild = { horizonMs: HORIZON_MS, checkpoint: folder };
  return dedup({ identity: contentIdentity(), keyStore, clock, rebuild });
}

/** A whole file without its checksum, and where it lies. */
async function written(folder: string): Promise<{ readonly path: string; readonly bytes: Buffer }> {
  const stage = stageOver(folder);
  const context = laneAt(0);
  await stage.openLane?.(context);
  await stage.apply(batchOf(LANE.lane, LOG), context);
  await stage.closeLane?.(context);
  await stage.close?.();
  const path = join(folder, readdirSync(folder)[0] ?? "");
  return { path, bytes: readFileSync(path).subarray(0, -CHECKSUM_BYTES) };
}

const HEAD =
  '{"version":1,"of":{"pipeline":"fuzz","identity":"content-value 1","hash":"xxh128","horizonMs":60000,"topic":"cdc.shop.orders","partition":0},"offset":4,"anchor":{"offset":3,"timestamp":3,"checksum":1},"writtenAt":10}';

/** Checkpoint files. The checksum is made right: with a wrong one nothing is read. */
export const checkpoint: Target = {
  name: "checkpoint",
  seeds: [Buffer.concat([Buffer.from([HEAD.length, 0, 0, 0]), Buffer.from(HEAD)])],
  words: [
    ...'{ } [ ] : , " null 1 -1 1e308'.split(" "),
    ..."version of offset anchor identity writtenAt timestamp checksum pipeline".split(" "),
    Buffer.from("ffffff7f", "hex"),
    Buffer.from("ffffffff", "hex"),
  ],
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "tandem-fuzz-checkpoint-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    const { path } = await written(folder);
    return async (input) => {
      writeFileSync(path, Buffer.concat([input, createHash("sha256").update(input).digest()]));
      const stage = stageOver(folder);
      const context = laneAt(LOG.length);
      await stage.openLane?.(context);
      await stage.apply(
        batchOf(LANE.lane, [{ offset: LOG.length, timestamp: 5, key: null, value: Buffer.from("4") }]),
        context,
      );
      await stage.close?.();
    };
  },
  // A file that is of no use costs time and nothing else.
  allows: () => false,
};
