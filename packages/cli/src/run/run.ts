import type { Lane, PipelineEvent } from "@tandem-cdc/core";
import { metricsObserver, type MetricsServer, serveMetrics } from "@tandem-cdc/metrics";
import { collectDefaultMetrics, Registry } from "prom-client";
import { loadConfig } from "../config/load.ts";
import { redacted, redacting } from "../config/redact.ts";
import type { Config } from "../config/schema.ts";
import { isBuiltIn } from "../config/stores/store.ts";
import { type Assembled, assemble } from "./assemble.ts";
import { ProgressObserver } from "./progress.ts";
import { jsonReporter, type Reporter, terminalReporter } from "./reporter.ts";

const FORGETS =
  "the memory store forgets on restart: changes between whose two copies a restart lies are emitted twice (none is lost). Set dedup.store.rebuild, or choose another dedup.store, to keep claims.";
const REBUILDS =
  "the memory store makes its claims again from the log: a lane that starts first reads one dedup.horizon and a quarter of its past, without emitting. The input topics have to keep that much.";
const CHECKPOINTS =
  "the memory store makes its claims again from dedup.store.checkpoint, and from the log what that lacks: at most one dedup.horizon and a quarter. The input topics have to keep that much.";

export interface RunOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** `tandem run`: until it is told to stop, or fails. */
export async function runCommand({ config: file, json = false }: RunOptions): Promise<void> {
  const { config, notices } = loadConfig(file);
  const safe = redacting(config);
  const reporter = json || !process.stdout.isTTY ? jsonReporter(safe) : terminalReporter(safe);
  for (const notice of notices) reporter.note(notice);
  const remembers = memoryNotice(config);
  if (remembers !== undefined) reporter.note(remembers);
  try {
    await run(config, file, reporter, stopSignal(reporter));
  } catch (thrown) {
    throw redacted(thrown, safe);
  } finally {
    reporter.end();
  }
}

/** What a memory store forgets. */
function memoryNotice({ dedup: { store } }: Config): string | undefined {
  if (!isBuiltIn(store) || store.type !== "memory") return undefined;
  if (!store.rebuild) return FORGETS;
  return store.checkpoint === undefined ? REBUILDS : CHECKPOINTS;
}

/** Aborted by the first SIGTERM or SIGINT; the second ends the process at once. */
function stopSignal(reporter: Reporter): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      reporter.note(`${signal}: stopping, with the open transaction ended (a second one stops at once)`);
      controller.abort();
    });
  return controller.signal;
}

async function run(config: Config, configFile: string, reporter: Reporter, signal: AbortSignal): Promise<void> {
  const registry = new Registry();
  const metrics = config.metrics.enabled ? await serve(config, registry, reporter) : null;
  let assembled: Assembled | undefined;
  const logEnd = (lane: Lane): number | null => assembled?.transport.logEnd?.(lane) ?? null;
  const progress = new ProgressObserver(logEnd);
  const observers = [progress, metricsObserver(registry, { logEnd }), { observe: reporter.event }];
  const observer = { observe: (event: PipelineEvent) => observers.forEach((each) => each.observe(event)) };
  const timer = setInterval(() => reporter.progress(progress.look()), 1_000);
  try {
    assembled = await assemble(config, { configFile, observer, onNotice: reporter.note, signal });
    reporter.note(`connecting to ${config.kafka["bootstrap.servers"]}`);
    await assembled.pipeline.run({ signal });
  } catch (thrown) {
    // Told to stop while it waited for its store.
    if (!signal.aborted || assembled !== undefined) throw thrown;
  } finally {
    clearInterval(timer);
    await metrics?.close();
  }
  reporter.progress(progress.look());
}

async function serve({ metrics }: Config, registry: Registry, reporter: Reporter): Promise<MetricsServer> {
  collectDefaultMetrics({ register: registry });
  const server = await serveMetrics({ ...metrics, registry });
  reporter.note(`metrics at ${server.url}/metrics`);
  return server;
}
