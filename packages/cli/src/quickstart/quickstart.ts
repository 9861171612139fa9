import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LaneId, laneId, type Pipeline, TandemError } from "@tandem-cdc/core";
import {
  type ClientProperties,
  createTopics,
  type DevelopmentCluster,
  developmentCluster,
  openReader,
} from "@tandem-cdc/kafka";
import { loadConfig } from "../config/load.ts";
import { type Assembled, assemble } from "../run/assemble.ts";
import { Latency } from "../run/latency.ts";
import { ProgressObserver, progressLine } from "../run/progress.ts";
import { Checker } from "./checker.ts";
import { history } from "./history.ts";
import { play } from "./story.ts";

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
  if (!Number.isSafeInteger(count) || count < 100)
    throw new TandemError("CONFIG_INVALID", "--changes: a whole number of at least 100 is expected");
  const tell: Tell = (text) => (json ? process.stderr : process.stdout).write(`${text}\n`);
  tell("Starting a Kafka cluster inside this process ...");
  const cluster = await developmentCluster();
  try {
    const result = await demonstrate(cluster, count, tell);
    if (json) console.log(JSON.stringify(result));
    if (!clean(result)) process.exitCode = 1;
  } finally {
    await cluster.close();
  }
}

export interface QuickstartResult {
  /** Changes that the two connectors sent, re-deliveries included. Tombstones are not counted, here and below. */
  readonly input: number;
  /** Changes of the invented database. */
  readonly distinct: number;
  /** Changes that the checker found in the output. */
  readonly emitted: number;
  /** Changes that the pipeline dropped as copies: `input` less `emitted`, when all is well. */
  readonly duplicates: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  /** From a record's timestamp to its copy being committed. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

function clean({ duplicated, lost, reordered }: QuickstartResult): boolean {
  return lost + duplicated + reordered === 0;
}

async function demonstrate({ bootstrap }: DevelopmentCluster, changes: number, tell: Tell): Promise<QuickstartResult> {
  const client = { "bootstrap.servers": bootstrap };
  await createTopics(client, [
    { topic: TOPIC, partitions: PARTITIONS },
    { topic: `dedup.${TOPIC}`, partitions: PARTITIONS },
  ]);
  const latency = new Latency();
  const progress = new ProgressObserver((lane) => assembled.transport.logEnd?.(lane) ?? null);
  const assembled = await pipelineOf(CONFIG.replace("BOOTSTRAP", bootstrap), progress, tell);
  const { pipeline } = assembled;
  pipeline.on("committed", ({ outputs }) => {
    for (const batch of outputs)
      for (let i = 0; i < batch.length; i++) latency.add(Math.max(0, Date.now() - batch.timestamp(i)));
  });
  const stop = new AbortController();
  const running = pipeline.run({ signal: stop.signal });
  await Promise.race([begun(pipeline), running]);
  progress.look();
  const timer = setInterval(() => tell(`  ${progressLine(progress.look())}`), 1_000);
  try {
    const made = history(changes, PARTITIONS);
    const checker = new Checker(made);
    const checking = check(client, checker, changes, running);
    const input = await play({ client, topic: TOPIC, made, tell });
    await checking;
    stop.abort();
    await running;
    const { duplicates } = progress.look();
    const { duplicated, emitted, lost, reordered, tombstones } = checker.findings();
    const [p50Ms, p99Ms] = [latency.percentile(50), latency.percentile(99)];
    const result = { input, distinct: changes, emitted, duplicates, lost, duplicated, reordered, p50Ms, p99Ms };
    tell(summary(result, tombstones));
    return result;
  } finally {
    clearInterval(timer);
    stop.abort();
  }
}

/** Resolves when every lane has committed where it begins: from then on latency is what a user would see. */
function begun(pipeline: Pipeline): Promise<void> {
  const lanes = new Set<LaneId>();
  return new Promise((resolve) => {
    pipeline.on("committed", (event) => {
      for (const { lane } of event.lanes) lanes.add(laneId(lane));
      if (lanes.size === PARTITIONS) resolve();
    });
  });
}

/** The pipeline that the configuration describes, just as `tandem run` makes it of a file. */
async function pipelineOf(config: string, observer: ProgressObserver, tell: Tell): Promise<Assembled> {
  tell(`The configuration (what \`tandem run --config\` takes):\n\n${config.replace(/^/gm, "    ").trimEnd()}\n`);
  const folder = mkdtempSync(join(tmpdir(), "tandem-quickstart-"));
  try {
    const configFile = join(folder, "tandem.yaml");
    writeFileSync(configFile, config);
    return await assemble(loadConfig(configFile).config, { configFile, observer, onNotice: () => undefined });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads the output until everything has come, and a moment longer: what should not come counts too. */
async function check(
  client: ClientProperties,
  checker: Checker,
  changes: number,
  running: Promise<void>,
): Promise<void> {
  const reader = await openReader(client, `dedup.${TOPIC}`);
  const pipeline = { failed: false };
  running.catch(() => (pipeline.failed = true));
  let last = Date.now();
  while (!pipeline.failed && Date.now() - last < (checker.found >= changes ? 1_000 : IDLE_MS)) {
    const records = await reader.read();
    for (const record of records) checker.add(record);
    if (records.length > 0) last = Date.now();
  }
  await reader.close();
  if (pipeline.failed) await running;
}

function summary(result: QuickstartResult, tombstones: number): string {
  const { distinct, duplicated, duplicates, emitted, input, lost, p50Ms, p99Ms, reordered } = result;
  return [
    "",
    `The two connectors sent ${input} changes, ${distinct} of them distinct. The pipeline dropped ${duplicates} copies and emitted ${emitted},`,
    `each in a Kafka transaction together with its offset, and a tombstone after each of the ${tombstones} deletes.`,
    `The checker, which knows only the history and the committed output, found ${lost} lost, ${duplicated} duplicated, ${reordered} reordered.`,
    `From a record's timestamp to its copy being committed: p50 ${p50Ms} ms, p99 ${p99Ms} ms.`,
    "",
    clean(result)
      ? "Next: docs/getting-started.md; then `npx tandem validate --config tandem.yaml` and `npx tandem run --config tandem.yaml`."
      : "This is a defect of Tandem. Please report it, with this output.",
  ].join("\n");
}
