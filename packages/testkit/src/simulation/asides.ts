import { type Header, type Lane } from "@tandem-cdc/core";
import type { SimulatedKafka } from "../kafka/simulated-kafka.ts";
import type { StoredRecord } from "../kafka/partition-log.ts";

const decoder = new TextDecoder();

/** Records of an input topic, as they lie there, that lie in a dead letter topic as well, by what its headers say. */
export function asides(
  kafka: SimulatedKafka,
  deadLetters: string,
  topic: string,
): readonly { readonly record: StoredRecord; readonly lane: Lane }[] {
  return kafka
    .logsOf(deadLetters)
    .flatMap((log) => log.read(log.start))
    .flatMap(({ headers }) => {
      const lane = { topic: told(headers, "topic"), partition: Number(told(headers, "partition")) };
      const offset = Number(told(headers, "offset"));
      const [record] = lane.topic === topic ? kafka.log(lane).read(offset, 1) : [];
      return record === undefined ? [] : [{ record, lane }];
    });
}

function told(headers: readonly Header[], name: string): string {
  const header = headers.findLast(({ key }) => key === `__connect.errors.${name}`);
  return decoder.decode(header?.value ?? new Uint8Array(0));
}
