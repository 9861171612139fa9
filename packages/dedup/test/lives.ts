import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IdentityStrategy, KeyStore, LaneContext, PlainRecord, Transform } from "@tandem-cdc/core";
import { dedup, memoryStore, type RebuildOptions } from "@tandem-cdc/dedup";
import { expect, onTestFinished } from "vitest";
import { CheckpointFile } from "../src/checkpoint-file.ts";
import { byValue, emitted, hash, logOf, started } from "./log.ts";
import { FakeClock } from "./support.ts";

export const HORIZON_MS = 60_000;

export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "tandem-checkpoint-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

export interface Life {
  readonly stage: Transform;
  readonly notices: string[];
}

export interface Lived {
  readonly identity?: IdentityStrategy;
  readonly hash?: typeof hash;
  readonly keyStore?: KeyStore;
  readonly clock?: FakeClock;
  readonly rebuild?: Partial<RebuildOptions>;
}

/** A process that starts with nothing but the folder. */
export function life(checkpoint: string, { clock = new FakeClock(), rebuild, ...lived }: Lived = {}): Life {
  const notices: string[] = [];
  const stage = dedup({
    identity: byValue,
    hash,
    keyStore: memoryStore({ clock, horizonMs: HORIZON_MS }),
    clock,
    ...lived,
    rebuild: { horizonMs: HORIZON_MS, checkpoint, onNotice: (notice) => notices.push(notice), ...rebuild },
  });
  return { stage, notices };
}

/** A life that begins at `from`, processes up to `to` and stops in peace; what it emitted. */
export async function lived(
  { stage }: Life,
  log: readonly PlainRecord[],
  from: number,
  to: number,
  lane: Partial<LaneContext> = {},
): Promise<number[]> {
  const context = started(log, from, lane);
  await stage.openLane?.(context);
  const out = await emitted(stage, context, log, from, to);
  await stage.closeLane?.(context);
  await stage.close?.();
  return out;
}

/** A life that begins at `from`, and how it began. */
export async function opened(
  { stage, notices }: Life,
  log: readonly PlainRecord[],
  from: number,
  lane: Partial<LaneContext> = {},
) {
  const context = started(log, from, lane);
  onTestFinished(() => stage.close?.());
  await stage.openLane?.(context);
  return { context, notices, stage };
}

export function fileIn(path: string): string {
  const [name = "", ...others] = readdirSync(path);
  expect(others).toEqual([]);
  return join(path, name);
}

export async function endOf(path: string): Promise<number> {
  const file = await CheckpointFile.open(path);
  await file.close();
  return file.checkpoint.offset;
}

/** From 4 on, only 5 is new. */
export const LOG = logOf("a", "b", "c", "d", "b", "e", "a", "d", "e");
