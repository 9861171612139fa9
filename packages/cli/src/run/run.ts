import { metricsObserver, serveMetrics } from "@tandem-cdc/metrics";
import { collectDefaultMetrics, Registry } from "prom-client";
import { loadConfig } from "../config/load.ts";
import { assemble } from "./assemble.ts";
import { ProgressObserver } from "./progress.ts";
import { jsonReporter, type Reporter, terminalReporter } from "./reporter.ts";

export interface RunOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** Aborted by the first SIGTERM or SIGINT; the second ends the process at once. */
export function stopSignal(reporter: Reporter): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      reporter.note(`${signal}: finishing the open transaction`);
      controller.abort();
    });
  return controller.signal;
}

/** `tandem run`: until it is told to stop, or fails. */
export async function runCommand({ config: file, json = false }: RunOptions): Promise<void> {
  const config = loadConfig(file);
  const reporter = json || !process.stdout.isTTY ? jsonReporter() : terminalReporter();
  const signal = stopSignal(reporter);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const progress: ProgressObserver = new ProgressObserver((lane) => assembled.transport.logEnd?.(lane) ?? null);
  const observers = [progress, metricsObserver(registry), { observe: reporter.event }];
  const assembled = await assemble(config, {
    configFile: file,
    observer: { observe: (event) => observers.forEach((observer) => observer.observe(event)) },
    onNotice: (text) => reporter.note(text),
  });
  const metrics = config.metrics.enabled ? await serveMetrics({ ...config.metrics, registry }) : null;
  if (metrics !== null) reporter.note(`metrics at ${metrics.url}/metrics`);
  if (config.dedup.store.type === "memory")
    reporter.note(
      "the memory store forgets on restart: changes between whose two copies a restart lies are emitted twice (none is lost). Choose another dedup.store to keep claims.",
    );
  const timer = setInterval(() => reporter.progress(progress.look()), 1_000);
  try {
    await assembled.pipeline.run({ signal });
    reporter.progress(progress.look());
  } finally {
    clearInterval(timer);
    reporter.end();
    await metrics?.close();
  }
}
