import { createPipeline } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup, memoryStore } from "@tandem-cdc/dedup";
import { kafkaTransport } from "@tandem-cdc/kafka";

/** Runs until the signal is aborted; tells how many records went in and out. */
export async function deduplicate(
  bootstrap: string,
  topic: string,
  signal: AbortSignal,
): Promise<{ in: number; out: number }> {
  const total = { in: 0, out: 0 };
  const pipeline = createPipeline({
    name: "orders",
    transport: kafkaTransport({ name: "orders", topics: [topic], client: { "bootstrap.servers": bootstrap } }),
    transforms: [dedup({ identity: debeziumIdentity({ sources: { header: "connector" } }), keyStore: memoryStore() })],
  });
  pipeline.on("committed", ({ inputs, outputs }) => {
    total.in += inputs;
    for (const batch of outputs) total.out += batch.length;
  });
  await pipeline.run({ signal });
  return total;
}
