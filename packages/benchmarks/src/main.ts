// npm run bench -- [throughput] [latency] [stores] [identity] [transforms] [--quick] [--full] [--only=store,...] [--sizes] [--json]:
// figures on this machine, which servers, load and what is measured share: the built command through one real broker, the
// key stores, what it costs to identify a record, and transforms against the Java originals. Ratios of one run are what
// counts; see docs/performance.md and docs/stores.md.
import { cpus, loadavg, totalmem } from "node:os";
import { identity } from "./identity/identity.ts";
import { type Options, optionsOf } from "./options.ts";
import { pipelines } from "./pipelines.ts";
import { sizes, sizesTable } from "./stores/sizes.ts";
import { stores } from "./stores/stores.ts";
import { transforms } from "./transforms/transforms.ts";

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function figures({ full, kinds, only, quick, ...asked }: Options): Promise<Record<string, unknown>> {
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    /** Of the minute before: what else runs here takes its share. */
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
  const ofPipelines = await pipelines(kinds, quick, say);
  const ofRecords = {
    ...(kinds.has("identity") && { identity: await identity(quick, say) }),
    ...(kinds.has("transforms") && { transforms: await transforms(quick, say) }),
  };
  if (!kinds.has("stores")) return { machine, ...ofPipelines, ...ofRecords };
  const ofStores = await stores({ full, only, quick, say });
  if (asked.sizes) say(sizesTable(sizes(ofStores)));
  return { machine, ...ofPipelines, ...ofRecords, stores: ofStores, ...(asked.sizes && { sizes: sizes(ofStores) }) };
}

const options = optionsOf(process.argv.slice(2));
if (typeof options === "string") {
  say(`bench: ${options}`);
  process.exit(2);
}
const result = await figures(options);
console.log(JSON.stringify(result, null, options.json ? 0 : 2));
process.exit(0);
