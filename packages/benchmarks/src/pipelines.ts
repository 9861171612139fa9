import { startKafka } from "@tandem-cdc/testbed";
import { latency } from "./latency.ts";
import type { Kind } from "./options.ts";
import { throughput } from "./throughput.ts";

/** Throughput and latency of the built command, through one broker that is started for them. */
export async function pipelines(
  kinds: ReadonlySet<Kind>,
  quick: boolean,
  say: (text: string) => void,
): Promise<Record<string, unknown>> {
  if (!kinds.has("throughput") && !kinds.has("latency")) return {};
  const kafka = await startKafka();
  const told = async <T>(what: string, run: Promise<T>): Promise<T> => {
    say(`${what} ...`);
    const figures = await run;
    say(`  ${JSON.stringify(figures)}`);
    return figures;
  };
  const result: Record<string, unknown[]> = {};
  try {
    if (kinds.has("throughput")) {
      const changes = quick ? 100_000 : 500_000;
      result["throughput"] = [];
      for (const partitions of [1, 4])
        result["throughput"].push(
          await told(
            `throughput: ${changes} changes, ${partitions} partition(s)`,
            throughput(kafka, { changes, partitions }),
          ),
        );
    }
    if (kinds.has("latency")) {
      result["latency"] = [];
      for (const distinctPerSecond of quick ? [5_000] : [1_000, 5_000, 10_000])
        result["latency"].push(
          await told(
            `latency: ${distinctPerSecond} changes/s`,
            latency(kafka, { distinctPerSecond, seconds: quick ? 10 : 30 }),
          ),
        );
    }
    return result;
  } finally {
    await kafka.stop();
  }
}
