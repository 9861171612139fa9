import { createPipeline } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup, loadHash, memoryStore } from "@tandem-cdc/dedup";
import { kafkaTransport } from "@tandem-cdc/kafka";

/** Runs until the signal is aborted; tells how many changes went in and out. */
export async function deduplicate(
  bootstrap: string,
  topic: string,
  signal: AbortSignal,
): Promise<{ in: number; out: number }> {
  const total = { in: 0, out: 0 };
  const pipeline = createPipeline({
    name: "orders",
    transport: kafkaTransport({ name: "orders", topics: [topic], client: { "bootstrap.servers": bootstrap } }),
    transforms: [
      dedup({
        identity: debeziumIdentity({ sources: { header: "connector" } }),
        keyStore: memoryStore({ horizonMs: 3_600_000 }),
        hash: await loadHash(),
      }),
    ],
  });
  pipeline.on("committed", ({ inputs, outputs }) => {
    total.in += inputs;
    for (const batch of outputs) total.out += batch.length;
  });
  await pipeline.run({ signal });
  return total;
}
