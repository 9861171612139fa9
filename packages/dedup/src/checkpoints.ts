import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type AgedBlock,
  type Anchor,
  anchorOf,
  asError,
  type Clock,
  type Lane,
  type LaneContext,
  type LaneId,
  laneId,
} from "@tandem-cdc/core";
import { type Checkpoint, CheckpointFile, writeCheckpoint } from "./checkpoint-file.ts";
import type { MemoryStore } from "./memory-store.ts";
import type { Claimed } from "./past.ts";

export interface CheckpointsOptions {
  readonly folder: string;
  readonly everyMs: number;
  readonly store: MemoryStore;
  readonly clock: Clock;
  readonly onNotice: (notice: string) => void;
}

/** What the lane's file says at the moment. */
interface Written {
  readonly of: Checkpoint["of"];
  readonly path: string;
  /** When it was written, or last tried. */
  at: number;
  /** Where it ends; -1 when there is none that is ours. */
  offset: number;
}

/** A file for each lane with its claims, so that after a restart only what came later is read again. */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  readonly #lanes = new Map<LaneId, Written>();
  /** Lanes whose turn to be written has not come yet. */
  readonly #waiting = new Set<LaneId>();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  /** The lane opens: `of` says whose claims are made there. */
  opened({ topic, partition }: Lane, of: Checkpoint["of"]): void {
    const id = laneId({ topic, partition });
    if (this.#lanes.has(id)) return;
    const whole = { ...of, topic, partition };
    // For people to read, and for each pipeline and lane its own.
    const name = `${encodeURIComponent(id).slice(0, 150)}.${digestOf(JSON.stringify([of["pipeline"], topic, partition]))}`;
    const path = join(this.#options.folder, `${name}.claims`);
    this.#lanes.set(id, { of: whole, path, at: -Infinity, offset: -1 });
  }

  /** Takes the file's claims in, if they are this lane's and reach at least to `begin`; otherwise says why not. */
  async load(context: LaneContext, begin: number): Promise<Claimed | undefined> {
    const { lane, startOffset } = context;
    const { clock, onNotice } = this.#options;
    const written = this.#written(lane);
    let file: CheckpointFile | undefined;
    let why: string | undefined;
    try {
      file = await CheckpointFile.open(written.path);
      why = unfit(file.checkpoint, written.of, begin);
      if (why === undefined && !(await holds(context, file.checkpoint.anchor))) why = "the log is another one";
      if (why === undefined) await this.#takeIn(lane, file, context.signal);
    } catch (thrown) {
      context.signal.throwIfAborted();
      why = (thrown as NodeJS.ErrnoException).code === "ENOENT" ? "there is none" : asError(thrown).message;
    } finally {
      await file?.close();
    }
    if (file === undefined || why !== undefined) {
      onNotice(`lane ${laneId(lane)}: no checkpoint (${why}): the whole horizon is read again`);
      return undefined;
    }
    const { anchor, identity, offset, writtenAt } = file.checkpoint;
    written.at = Math.min(writtenAt, clock.now());
    written.offset = offset;
    const rest = Math.max(0, startOffset - offset);
    onNotice(`lane ${laneId(lane)}: a checkpoint has the claims below ${offset}: ${rest} records are read again`);
    return { offset, identity, anchor };
  }

  /** Whether it is time to write the lane anew. */
  due(lane: Lane): boolean {
    return this.#options.clock.now() - this.#written(lane).at >= this.#options.everyMs;
  }

  /** Writes the lane when its turn comes: one at a time, so that together they take no more of the process than one. */
  write(lane: Lane, claimed: () => Claimed | undefined): void {
    const id = laneId(lane);
    if (!this.#lanes.has(id) || this.#waiting.has(id)) return;
    this.#waiting.add(id);
    this.#writing = this.#writing.then(() => {
      this.#waiting.delete(id);
      return this.#write(lane, claimed());
    });
  }

  /** Resolves when all is written that was asked for. */
  settled(): Promise<void> {
    return this.#writing;
  }

  /**
   * `claimed` is taken before the export begins, while the lane goes on. So the file holds every claim below its
   * coordinate, and perhaps some of later records. Those do no harm: such a claim names its own record as the owner, and
   * when that record is read again, be it to rebuild or to be emitted, it finds itself the owner, as after a crash
   * between claim and commit. Nor can one of them stand where a record below the coordinate has its claim: the smaller
   * coordinate wins. What the identity remembers has no such slack, hence it is that of the very coordinate.
   */
  async #write(lane: Lane, claimed: Claimed | undefined): Promise<void> {
    const { clock, folder, onNotice, store } = this.#options;
    const written = this.#written(lane);
    if (claimed === undefined || claimed.anchor === null || claimed.offset === written.offset) return;
    const { anchor, identity, offset } = claimed;
    written.at = clock.now();
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const head: Checkpoint = { of: written.of, offset, identity, anchor, writtenAt: written.at };
      await writeCheckpoint(written.path, head, store.exportLane(lane));
      written.offset = offset;
    } catch (thrown) {
      // The old one is still there, and as true as it was: more is read again, that is all.
      onNotice(`lane ${laneId(lane)}: its checkpoint was not written: ${asError(thrown).message}`);
    }
  }

  /**
   * The time that the lane was away does not age its claims: the copies that came meanwhile are still to be read. It is
   * the same with claims made again from the log, from one kept lifetime before the last committed record.
   */
  async #takeIn(lane: Lane, file: CheckpointFile, signal: AbortSignal): Promise<void> {
    const now = this.#options.clock.now();
    const away = now - file.checkpoint.writtenAt;
    for await (const block of file.blocks()) {
      signal.throwIfAborted();
      const aged: AgedBlock = { ...block, claimedAt: Math.min(now, block.claimedAt + away) };
      this.#options.store.importLane(lane, [aged]);
    }
  }

  #written(lane: Lane): Written {
    const written = this.#lanes.get(laneId(lane));
    if (written === undefined) throw new TypeError(`lane ${laneId(lane)} was not opened`);
    return written;
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function unfit({ of, offset }: Checkpoint, ours: Checkpoint["of"], begin: number): string | undefined {
  const other = Object.keys(ours).find((name) => of[name] !== ours[name]);
  if (other !== undefined) return `it is of another ${other}: ${of[other]}, not ${ours[other]}`;
  return offset < begin ? "it is older than the horizon" : undefined;
}

/** Whether the log still is the one that the claims were made from: a topic that was made anew begins to count again. */
async function holds(context: LaneContext, { checksum, offset, timestamp }: Anchor): Promise<boolean> {
  for await (const batch of context.replay(offset, offset + 1)) {
    if (batch.length === 0) continue;
    const found = anchorOf(batch, 0);
    return found.offset === offset && found.timestamp === timestamp && found.checksum === checksum;
  }
  return false;
}
