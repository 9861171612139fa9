import { decodeLaneState, type Lane, laneId } from "@tandem-cdc/core";
import type { LogReader } from "@tandem-cdc/kafka";

const decoder = new TextDecoder();

/** Up to where the pipeline has processed the lane, by its own lane states; null where it has not begun. */
export async function floorOf(
  reader: LogReader,
  pipeline: string,
  lane: Lane,
  signal: AbortSignal,
): Promise<number | null> {
  const states = { topic: `${pipeline}.lanes`, partition: 0 };
  if (!(await reader.partitions()).has(states.topic)) return null;
  const { end, start } = await reader.bounds(states);
  let newest: Uint8Array | null = null;
  for await (const batch of reader.read(states, start, end, signal))
    for (let i = 0; i < batch.length; i++) {
      const key = batch.key(i);
      if (key !== null && decoder.decode(key) === laneId(lane)) newest = batch.value(i);
    }
  return newest === null ? null : decodeLaneState(newest).nextOffset;
}
