// npm run bench -- [throughput] [latency] [--quick] [--json]: figures of the built command through one real broker on
// this machine, which broker, load and command share. Ratios of one run are what counts; see docs/performance.md.
import { cpus, totalmem } from "node:os";
import { startKafka } from "@tandem-cdc/testbed";
import { latency } from "./latency.ts";
import { throughput } from "./throughput.ts";

const KINDS = ["throughput", "latency"] as const;
const args = process.argv.slice(2);
const unknown = args.find((arg) => !["--quick", "--json", ...KINDS].includes(arg));
if (unknown !== undefined) {
  process.stderr.write(`bench: "${unknown}" is unknown: ${KINDS.join(", ")}, --quick, --json\n`);
  process.exit(2);
}
const asked = KINDS.filter((kind) => args.includes(kind));
const kinds = new Set(asked.length > 0 ? asked : KINDS);
const quick = args.includes("--quick");
const json = args.includes("--json");
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const kafka = await startKafka();
const result: Record<string, unknown> = {
  machine: {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  },
};
try {
  if (kinds.has("throughput")) {
    const changes = quick ? 100_000 : 500_000;
    const runs = [];
    for (const partitions of [1, 4]) {
      say(`throughput: ${changes} changes, ${partitions} partition(s) ...`);
      const run = await throughput(kafka, { changes, partitions });
      say(`  ${JSON.stringify(run)}`);
      runs.push(run);
    }
    result["throughput"] = runs;
  }
  if (kinds.has("latency")) {
    const runs = [];
    for (const distinctPerSecond of quick ? [5_000] : [1_000, 5_000, 10_000]) {
      say(`latency: ${distinctPerSecond} changes/s ...`);
      const run = await latency(kafka, { distinctPerSecond, seconds: quick ? 10 : 30 });
      say(`  ${JSON.stringify(run)}`);
      runs.push(run);
    }
    result["latency"] = runs;
  }
} finally {
  await kafka.stop();
}
console.log(json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
process.exit(0);
