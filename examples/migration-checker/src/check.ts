import { createPipeline } from "@tandem-cdc/core";
import { memoryStore } from "@tandem-cdc/dedup";
import { kafkaTransport } from "@tandem-cdc/kafka";
import { httpService } from "./service.ts";
import { PREFIX, stages } from "./stages.ts";

export interface CheckOptions {
  readonly bootstrap: string;
  readonly topic: string;
  /** Where the service answers. */
  readonly url: string;
  readonly graceMs: number;
}

/** Runs until the signal is aborted; tells how many records were read and how many mismatches were reported. */
export async function check(
  { bootstrap, graceMs, topic, url }: CheckOptions,
  signal: AbortSignal,
): Promise<{ read: number; mismatches: number }> {
  const total = { read: 0, mismatches: 0 };
  const pipeline = createPipeline({
    name: "migration-checker",
    transport: kafkaTransport({
      name: "migration-checker",
      topics: [topic],
      client: { "bootstrap.servers": bootstrap },
    }),
    transforms: stages({ keyStore: memoryStore(), service: httpService(url), graceMs }),
    output: { prefix: PREFIX },
  });
  pipeline.on("committed", ({ inputs, outputs }) => {
    total.read += inputs;
    for (const batch of outputs) total.mismatches += batch.length;
  });
  await pipeline.run({ signal });
  return total;
}
