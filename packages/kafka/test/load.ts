import { openWriter } from "@tandem-cdc/kafka";
import { bytes, type Stored, textOf } from "./support.ts";

/** Values of a load, by partition: each value once, ascending. */
export function loadOf(partitions: number, perPartition: number): readonly (readonly string[])[] {
  return Array.from({ length: partitions }, (_, p) => Array.from({ length: perPartition }, (__, i) => `${p}:${i}`));
}

/** Writes a load, partition after partition in turns; `between` is awaited after every hundred records. */
export async function writeLoad(
  bootstrap: string,
  topic: string,
  load: readonly (readonly string[])[],
  between = (): Promise<unknown> => Promise.resolve(),
): Promise<void> {
  const writer = await openWriter({ "bootstrap.servers": bootstrap });
  let written = 0;
  for (let i = 0; i < (load[0]?.length ?? 0); i++)
    for (const [partition, values] of load.entries()) {
      await writer.write({ topic, partition, key: null, value: bytes(values[i] ?? "") });
      if (++written % 100 === 0) await between();
    }
  await writer.flush();
  await writer.close();
}

/** The values of a topic, by partition, in order. */
export function valuesOf(records: readonly Stored[], partitions: number): (string | undefined)[][] {
  return Array.from({ length: partitions }, (_, p) =>
    records.filter(({ partition }) => partition === p).map(({ value }) => textOf(value)),
  );
}
