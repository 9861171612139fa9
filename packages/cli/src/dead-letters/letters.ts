import { decodeLaneState, isJsonObject, type JsonValue, type Lane, laneId } from "@tandem-cdc/core";
import type { LogReader } from "@tandem-cdc/kafka";
import { ownTopics } from "../config/own-topics.ts";
import type { Config } from "../config/schema.ts";
import { DoneLetters } from "./done-letters.ts";
import { type Letter, letterOf } from "./letter.ts";

/** Consumer group, transactional id and state of `tandem dead-letters redrive`. */
export function redriveName({ name }: Pick<Config, "name">): string {
  return `${name}.redrive`;
}

/** Stage of the redriving pipeline, which remembers the letters that are dealt with. */
export const REDRIVE = "redrive";

export interface Found {
  readonly letter: Letter;
  /** Dealt with by an earlier redrive. */
  readonly done: boolean;
}

/** Everything in the topics that the pipeline writes to beside its outputs, in order. */
export async function readLetters(config: Config, reader: LogReader, signal: AbortSignal): Promise<readonly Found[]> {
  const existing = await reader.partitions();
  const states = await lanesState(reader, existing, redriveName(config), signal);
  const found: Found[] = [];
  for (const topic of new Set(ownTopics(config).map((own) => own.topic)))
    for (let partition = 0; partition < (existing.get(topic) ?? 0); partition++) {
      const lane: Lane = { topic, partition };
      const done = new DoneLetters(states.get(laneId(lane)));
      const { end, start } = await reader.bounds(lane);
      for await (const batch of reader.read(lane, start, end, signal))
        for (let i = 0; i < batch.length; i++)
          found.push({ letter: letterOf(batch, i), done: done.has(batch.offset(i)) });
    }
  return found;
}

/** What the redriving stage remembers of each lane. */
async function lanesState(
  reader: LogReader,
  existing: ReadonlyMap<string, number>,
  name: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, JsonValue | undefined>> {
  const states = new Map<string, JsonValue | undefined>();
  const lane = { topic: `${name}.lanes`, partition: 0 };
  if (!existing.has(lane.topic)) return states;
  const { end, start } = await reader.bounds(lane);
  for await (const batch of reader.read(lane, start, end, signal))
    for (let i = 0; i < batch.length; i++) {
      const [key, value] = [batch.key(i), batch.value(i)];
      if (key === null || value === null) continue;
      const stage = stageIn(value);
      if (stage !== undefined) states.set(new TextDecoder().decode(key), stage);
    }
  return states;
}

/** Undefined where the record is no lane's state. */
function stageIn(value: Uint8Array): JsonValue | undefined {
  try {
    const stage = decodeLaneState(value).stages[REDRIVE];
    return isJsonObject(stage) ? stage["done"] : undefined;
  } catch {
    return undefined;
  }
}
