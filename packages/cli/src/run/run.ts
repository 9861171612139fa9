import { supervise, type Supervised } from "@tandem-cdc/admin";
import type { Lane, Pipeline, PipelineEvent, ReplayFrom } from "@tandem-cdc/core";
import { metricsObserver, type MetricsServer, serveMetrics } from "@tandem-cdc/metrics";
import { collectDefaultMetrics, Registry } from "prom-client";
import { serveAdmin } from "../admin/serve.ts";
import { loadConfig } from "../config/load.ts";
import { redacted, redacting } from "../config/redact.ts";
import type { Config } from "../config/schema.ts";
import { isBuiltIn } from "../config/stores/store.ts";
import { failureOf } from "../failure.ts";
import { type Assembled, assemble } from "./assemble.ts";
import { errorLog } from "./error-log.ts";
import { type Progress, ProgressObserver } from "./progress.ts";
import { replayFrom } from "./replay-from.ts";
import { jsonReporter, type Reporter, terminalReporter } from "./reporter.ts";

const FORGETS =
  "the memory store forgets on restart: changes between whose two copies a restart lies are emitted twice (none is lost). Set dedup.store.rebuild, or choose another dedup.store, to keep claims.";
const REBUILDS =
  "the memory store makes its claims again from the log: a lane that starts first reads one dedup.horizon and a quarter of its past, without emitting. The input topics have to keep that much.";
const CHECKPOINTS =
  "the memory store makes its claims again from dedup.store.checkpoint, and from the log what that lacks: at most one dedup.horizon and a quarter. The input topics have to keep that much.";
const REPLAYS =
  "--from: a replay. What is processed again is emitted again. A process that is started again with --from replays again from there: leave it out from then on.";

export interface RunOptions {
  readonly config: string;
  readonly json?: boolean;
  /** Where to process again from. */
  readonly from?: string;
}

/** `tandem run`: until it is told to stop, or fails. */
export async function runCommand({ config: file, from, json = false }: RunOptions, stop: AbortSignal): Promise<void> {
  const { config, notices } = loadConfig(file);
  const safe = redacting(config);
  const reporter = json || !process.stdout.isTTY ? jsonReporter(safe) : terminalReporter(safe);
  for (const notice of notices) reporter.note(notice);
  const remembers = memoryNotice(config);
  if (remembers !== undefined) reporter.note(remembers);
  const replay = from === undefined ? undefined : replayFrom(from);
  if (replay !== undefined) reporter.note(REPLAYS);
  try {
    await run(config, { configFile: file, stop, ...(replay === undefined ? {} : { replay }) }, reporter);
  } catch (thrown) {
    throw redacted(thrown, safe);
  } finally {
    reporter.end();
  }
}

/** What a memory store forgets. */
function memoryNotice({ dedup: { mode, store } }: Config): string | undefined {
  if (mode === "merge" || !isBuiltIn(store) || store.type !== "memory") return undefined;
  if (!store.rebuild) return FORGETS;
  return store.checkpoint === undefined ? REBUILDS : CHECKPOINTS;
}

/** Says that it stops as soon as it is told to, which may have been while it loaded. */
function tellOf(stop: AbortSignal, reporter: Reporter): void {
  const tell = (): void =>
    reporter.note(`${String(stop.reason)}: stopping, with the open transaction ended (a second one stops at once)`);
  if (stop.aborted) tell();
  else stop.addEventListener("abort", tell, { once: true });
}

interface Start {
  readonly configFile: string;
  readonly stop: AbortSignal;
  readonly replay?: ReplayFrom;
}

async function run(config: Config, { configFile, replay, stop: signal }: Start, reporter: Reporter): Promise<void> {
  tellOf(signal, reporter);
  if (signal.aborted) return;
  const registry = new Registry();
  const metrics = config.metrics.enabled ? await serve(config, registry, reporter) : null;
  let assembled: Assembled | undefined;
  const logEnd = (lane: Lane): number | null => assembled?.transport.logEnd?.(lane) ?? null;
  const progress = new ProgressObserver(logEnd);
  const observers = [progress, metricsObserver(registry, { logEnd }), errorLog(config.errors.log, reporter)];
  const observer = { observe: (event: PipelineEvent) => observers.forEach((each) => each.observe(event)) };
  // Restarted, it goes on where it was: it does not replay again.
  let replayOnce = replay === undefined ? {} : { replay };
  const create = async (wanted: AbortSignal, waiting: (reason: Error) => void): Promise<Pipeline> => {
    const watched = {
      observe(event: PipelineEvent) {
        observer.observe(event);
        if (event.type === "stalled") waiting(event.error);
      },
    };
    const options = { configFile, ...replayOnce, observer: watched, onNotice: reporter.note, signal: wanted };
    replayOnce = {};
    assembled = await assemble(config, options);
    reporter.note(`connecting to ${config.kafka["bootstrap.servers"]}`);
    return assembled.pipeline;
  };
  const supervised = supervise({
    name: config.name,
    create,
    outputPrefix: config.output.prefix,
    keepAlive: config.admin.enabled && config.admin.keepAlive,
    onFailed: (error) => reporter.note(`${failureOf(error).text} (it waits for a restart by the administration API)`),
  });
  const admin = await serveAdmin(config, supervised, reporter.note);
  const look = (): Progress => ({ ...progress.look(), ...commanded(supervised) });
  const timer = setInterval(() => reporter.progress(look()), 1_000);
  try {
    await supervised.run({ signal });
  } finally {
    clearInterval(timer);
    await admin?.close();
    await metrics?.close();
  }
  reporter.progress(progress.look());
}

/** What the administration API made of the pipeline's state. */
function commanded(pipeline: Supervised): Partial<Progress> {
  const { state } = pipeline.status();
  const told = ["PAUSING", "PAUSED", "STOPPING", "STOPPED", "RESTARTING", "FAILED"].includes(state);
  return told ? { state: state.toLowerCase(), reason: null } : {};
}

async function serve({ metrics }: Config, registry: Registry, reporter: Reporter): Promise<MetricsServer> {
  collectDefaultMetrics({ register: registry });
  const server = await serveMetrics({ ...metrics, registry });
  reporter.note(`metrics at ${server.url}/metrics`);
  return server;
}
