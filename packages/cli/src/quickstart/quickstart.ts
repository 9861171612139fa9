import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TandemError } from "@tandem-cdc/core";
import { createTopics, type DevelopmentCluster, developmentCluster, openReader, openWriter } from "@tandem-cdc/kafka";
import { loadConfig } from "../config/load.ts";
import { assemble } from "../run/assemble.ts";
import { Latency } from "../run/latency.ts";
import { ProgressObserver, progressLine } from "../run/progress.ts";
import { Checker } from "./checker.ts";
import { Connector } from "./connector.ts";
import { history } from "./history.ts";

const TOPIC = "cdc.shop.orders";
/** What a topic of the development cluster has. */
const PARTITIONS = 4;
const IDLE_MS = 15_000;

/** Tells the story on stdout, or on stderr where stdout is for the result. */
type Tell = (text: string) => void;

const CONFIG = `name: quickstart
kafka:
  bootstrap.servers: BOOTSTRAP
input:
  topics: ["${TOPIC}"]
dedup:
  identity: debezium
  sources: { header: connector, names: [a, b] }
metrics: { enabled: false }
`;

export interface QuickstartOptions {
  readonly changes: string;
  readonly json?: boolean;
}

/** `tandem quickstart`: exit 1 when the checker finds anything. */
export async function quickstartCommand({ changes, json = false }: QuickstartOptions): Promise<void> {
  const count = Number(changes);
  if (!Number.isSafeInteger(count) || count < 100) throw new TandemError("CONFIG_INVALID", "--changes: a whole number of at least 100 is expected");
  const tell: Tell = (text) => (json ? process.stderr : process.stdout).write(`${text}\n`);
  tell("Starting a Kafka cluster inside this process ...");
  const cluster = await developmentCluster();
  try {
    const result = await demonstrate(cluster, count, tell);
    if (json) console.log(JSON.stringify(result));
    if (result.lost + result.duplicated + result.reordered > 0) process.exitCode = 1;
  } finally {
    await cluster.close();
  }
}

export interface QuickstartResult {
  /** Changes that the two connectors sent, re-deliveries included; tombstones are not counted here. */
  readonly input: number;
  readonly distinct: number;
  readonly emitted: number;
  readonly duplicates: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

async function demonstrate({ bootstrap }: DevelopmentCluster, changes: number, tell: Tell): Promise<QuickstartResult> {
  const client = { "bootstrap.servers": bootstrap };
  await createTopics(client, [{ topic: TOPIC, partitions: PARTITIONS }, { topic: `dedup.${TOPIC}`, partitions: PARTITIONS }]);
  const made = history(changes, PARTITIONS);
  const latency = new Latency();
  const folder = mkdtempSync(join(tmpdir(), "tandem-quickstart-"));
  const configFile = join(folder, "tandem.yaml");
  writeFileSync(configFile, CONFIG.replace("BOOTSTRAP", bootstrap));
  tell(`The configuration (what \`tandem run --config\` takes):\n\n${CONFIG.replace("BOOTSTRAP", bootstrap).replace(/^/gm, "    ").trimEnd()}\n`);
  const progress: ProgressObserver = new ProgressObserver((lane) => assembled.transport.logEnd?.(lane) ?? null);
  const assembled = await assemble(loadConfig(configFile).config, { configFile, observer: progress, onNotice: () => undefined });
  assembled.pipeline.on("committed", ({ outputs }) => {
    for (const batch of outputs) for (let i = 0; i < batch.length; i++) latency.add(Math.max(0, Date.now() - batch.timestamp(i)));
  });
  const stop = new AbortController();
  const checker = new Checker(made);
  const running = assembled.pipeline.run({ signal: stop.signal });
  const assigned = new Promise<void>((resolve) => assembled.pipeline.on("assigned", () => resolve()));
  await Promise.race([assigned, running]);
  const timer = setInterval(() => tell(`  ${progressLine(progress.look())}`), 1_000);
  try {
    const checking = check(client, checker, changes, running);
    const input = await play(client, made, tell);
    await checking;
    stop.abort();
    await running;
    const { duplicates } = progress.look();
    const { tombstones, ...found } = checker.findings();
    const result = { input, distinct: changes, ...found, duplicates, p50Ms: latency.percentile(50), p99Ms: latency.percentile(99) };
    tell(summary(result, tombstones));
    return result;
  } finally {
    clearInterval(timer);
    stop.abort();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The two connectors: b lags; a crashes and comes back in the middle of a transaction; b replays a part. Returns what was sent. */
async function play(client: { "bootstrap.servers": string }, made: ReturnType<typeof history>, tell: Tell): Promise<number> {
  const writer = await openWriter(client);
  const a = new Connector("a", writer, TOPIC, made);
  const b = new Connector("b", writer, TOPIC, made);
  const third = Math.floor(made.length / 3);
  let crashed = false;
  let replayed = false;
  tell("Connectors a and b read replicas of one database and send the same changes; b lags behind.");
  while (!a.done || !b.done) {
    if (!crashed && a.at > third) {
      crashed = true;
      tell("Connector a crashes. Connector b carries on alone ...");
      await b.send(third);
      a.restart(Math.floor(third / 4));
      tell("... a comes back, and sends again what it had sent since its last stored offset, from the middle of a transaction.");
    }
    if (!replayed && b.at > 2 * third) {
      replayed = true;
      b.restart(Math.floor(third / 2));
      tell("Connector b is restarted, and replays a part of the history.");
    }
    await a.send(97);
    if (a.at - b.at > 500 || a.done) await b.send(97);
    await sleep(5);
  }
  await writer.flush();
  await writer.close();
  return a.sent + b.sent;
}

/** Reads the output until everything has come, and a moment longer: what should not come counts too. */
async function check(client: { "bootstrap.servers": string }, checker: Checker, changes: number, running: Promise<void>): Promise<void> {
  const reader = await openReader(client, `dedup.${TOPIC}`);
  let failed = false;
  running.catch(() => (failed = true));
  let last = Date.now();
  while (!failed && Date.now() - last < (checker.found >= changes ? 1_000 : IDLE_MS)) {
    const records = await reader.read();
    for (const record of records) checker.add(record);
    if (records.length > 0) last = Date.now();
  }
  await reader.close();
  if (failed) await running;
}

function summary({ distinct, duplicated, duplicates, emitted, input, lost, p50Ms, p99Ms, reordered }: QuickstartResult, tombstones: number): string {
  const clean = lost + duplicated + reordered === 0;
  return [
    "",
    `The two connectors sent ${input} changes, ${distinct} of them distinct. The pipeline dropped ${duplicates} copies and emitted ${emitted},`,
    `each in a Kafka transaction together with its offset, and a tombstone after each of the ${tombstones} deletes.`,
    `The checker, which knows only the history and the committed output, found ${lost} lost, ${duplicated} duplicated, ${reordered} reordered.`,
    `From a record's timestamp to its copy being committed: p50 ${p50Ms} ms, p99 ${p99Ms} ms.`,
    "",
    clean
      ? "Next: write a configuration for your own topics, `npx tandem validate --config tandem.yaml`, then `npx tandem run --config tandem.yaml`."
      : "This is a defect of Tandem. Please report it, with this output.",
  ].join("\n");
}
