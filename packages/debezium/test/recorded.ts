import { readFileSync } from "node:fs";
import { sentBy } from "./events.ts";
import type { Delivery } from "./player.ts";

const encoder = new TextEncoder();

/** A recorded record: its delivery, and where and by whom. */
export interface Recorded {
  readonly topic: string;
  readonly partition: number;
  readonly source: string;
  readonly delivery: Delivery;
}

interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly connector: string;
  readonly key: unknown;
  readonly value: unknown;
}

/** The records of a fixture. The value is cut from the line as it stands: nanoseconds do not fit into a number. */
export function recorded(name: string): Recorded[] {
  const text = readFileSync(new URL(`fixtures/${name}.jsonl`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { connector, key, offset, partition, topic, value } = JSON.parse(line) as Line;
      const raw = line.slice(line.indexOf('"value":') + '"value":'.length, -1).trimStart();
      return {
        topic,
        partition,
        source: connector,
        delivery: {
          offset,
          key: key === null ? null : encoder.encode(JSON.stringify(key)),
          value: value === null ? null : encoder.encode(raw),
          headers: sentBy(connector),
        },
      };
    });
}

/** Deliveries of one partition, in order; of one source where it is given. */
export function laneOf(records: readonly Recorded[], partition: number, source?: string): Delivery[] {
  return records
    .filter((record) => record.partition === partition && (source === undefined || record.source === source))
    .map(({ delivery }) => delivery);
}
