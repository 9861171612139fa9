import { createPipeline } from "@tandem-cdc/core";
import { memoryStore } from "@tandem-cdc/dedup";
import { kafkaTransport } from "@tandem-cdc/kafka";
import { PREFIX, processor } from "./processor.ts";

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`set ${name}: see processor.env`);
  return value;
}

const name = "{{short}}";
const pipeline = createPipeline({
  name,
  transport: kafkaTransport({
    name,
    instance: setting("INSTANCE"),
    topics: setting("TOPICS").split(","),
    client: { "bootstrap.servers": setting("BOOTSTRAP_SERVERS") },
  }),
  transforms: processor({ keyStore: memoryStore(), horizonMs: 86_400_000, rebuild: true }),
  output: { prefix: PREFIX },
});
let emitted = 0;
pipeline.on("committed", ({ outputs }) => {
  for (const batch of outputs) emitted += batch.length;
});
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
console.log(`${name} runs; Ctrl-C stops it`);
await pipeline.run({ signal: stop.signal });
console.log(`${emitted} records emitted`);
