import { decodeLaneState, isJsonObject, type JsonObject, type Lane, laneId, type LaneState } from "@tandem-cdc/core";
import type { LogReader } from "@tandem-cdc/kafka";

const decoder = new TextDecoder();

/** What the pipeline's own lane state tells of how it went through a lane. */
export class LanePast {
  /** Up to where it has processed the lane. */
  readonly floor: number;
  /** What its stage remembers of the whole lane; not the identity, which is of the floor alone. */
  readonly stage: JsonObject;
  /** Stretches of the lane: the wall time and the coordinate of their beginnings. */
  readonly #steps: readonly { readonly wall: number; readonly from: number }[];
  readonly #settled: number;

  constructor({ nextOffset, stages }: Pick<LaneState, "nextOffset" | "stages">) {
    this.floor = nextOffset;
    const { identity: _, ...stage } = isJsonObject(stages["dedup"]) ? stages["dedup"] : {};
    this.stage = stage;
    const { settled = 0, steps = [] } = isJsonObject(stage["late"]) ? stage["late"] : {};
    this.#settled = Number(settled);
    this.#steps = (Array.isArray(steps) ? steps : []).map((step) => {
      const [wall = Infinity, from = Infinity] = step as number[];
      return { wall, from };
    });
  }

  /** When the pipeline processed a record, to a sixteenth of the horizon; undefined where that is not known. */
  wallAt(offset: number): number | undefined {
    if (offset >= this.#settled) return undefined;
    return this.#steps.findLast(({ from }) => from <= offset)?.wall;
  }

  /** From where on claims were younger than this when it processed a record; undefined where that is not known. */
  youngerFrom(offset: number, ms: number): number | undefined {
    const now = this.wallAt(offset);
    if (now === undefined) return undefined;
    return this.#steps.findLast(({ wall }) => wall <= now - ms)?.from ?? 0;
  }
}

/** Null where the pipeline has not begun with the lane. */
export async function pastOf(
  reader: LogReader,
  pipeline: string,
  lane: Lane,
  signal: AbortSignal,
): Promise<LanePast | null> {
  const states = { topic: `${pipeline}.lanes`, partition: 0 };
  if (!(await reader.partitions()).has(states.topic)) return null;
  const { end, start } = await reader.bounds(states);
  let newest: Uint8Array | null = null;
  for await (const batch of reader.read(states, start, end, signal))
    for (let i = 0; i < batch.length; i++) {
      const key = batch.key(i);
      if (key !== null && decoder.decode(key) === laneId(lane)) newest = batch.value(i);
    }
  return newest === null ? null : new LanePast(decodeLaneState(newest));
}
