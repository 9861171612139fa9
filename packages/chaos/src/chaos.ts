import { setTimeout } from "node:timers/promises";
import { createTopic } from "@tandem-cdc/acceptance";
import { isClean, type Verdict } from "@tandem-cdc/testkit";
import { type Auditor, startAuditor } from "./audit/auditor.ts";
import { happen, type Scene } from "./faults.ts";
import { Fleet } from "./fleet.ts";
import { type KafkaStage, startKafkaStage } from "./kafka-stage.ts";
import type { ChaosOptions } from "./options.ts";
import { type ChaosReport, counted, type Happened } from "./report.ts";
import { type Fault, FAULTS, SCALES, schedule } from "./schedule.ts";
import { SOAK, soakSchedule } from "./soak.ts";
import { Sources } from "./sources.ts";
import { startStore, type StoreStage } from "./store-stage.ts";

const TOPIC = "cdc.shop.orders";
const OUTPUT = `dedup.${TOPIC}`;
const LANES = 6;
/** Faults begin when the stream has run for so long, and end so long before the sources do. */
const QUIET_MS = { before: 3_000, after: 5_000 };
/** The promise: after the last fault, every lane moves again within. */
const RECOVERY_MS = 30_000;
/** How long the rest of the input may take. */
const IDLE_MS = 120_000;
/** How long the first lane may take to start. */
const START_MS = 90_000;

export type Log = (text: string) => void;

/** Starts the servers, runs tandem between them under faults, and judges what came out. */
export async function chaos(options: ChaosOptions, log: Log): Promise<ChaosReport> {
  const instances = options.store === "rocksdb" || options.soak ? 1 : Math.max(...SCALES);
  const ends: (() => Promise<unknown>)[] = [];
  try {
    const ending = <T extends Ending>(stage: T): T => {
      ends.push(() => stage.stop());
      return stage;
    };
    // Both, even when one fails: what has started has to be ended.
    const [kafka, store] = await Promise.allSettled([
      startKafkaStage(instances).then(ending),
      startStore(options.store, instances, options.soak ? { maxClaims: SOAK.maxClaims } : {}).then(ending),
    ]);
    if (kafka.status === "rejected") throw kafka.reason;
    if (store.status === "rejected") throw store.reason;
    return await underFaults({ kafka: kafka.value, store: store.value, instances, ends }, options, log);
  } finally {
    for (const end of ends.toReversed()) await end().catch((error: unknown) => log(`while ending: ${String(error)}`));
  }
}

interface Ending {
  stop(): Promise<unknown>;
}

interface Stage {
  readonly kafka: KafkaStage;
  readonly store: StoreStage;
  readonly instances: number;
  readonly ends: (() => Promise<unknown>)[];
}

async function underFaults({ ends, instances, kafka, store }: Stage, asked: ChaosOptions, log: Log) {
  const { logs, ...options } = asked;
  const { minutes, rate, seed } = options;
  const { bootstrap } = kafka.cluster;
  for (const topic of [TOPIC, OUTPUT]) await createTopic(bootstrap, topic, LANES, { "retention.ms": "-1" });
  // Enough to go on until every lane moves again. Before anything runs whose connections come by here: it takes seconds.
  const untilMs = minutes * 60_000;
  const sources = new Sources({
    bootstrap,
    topic: TOPIC,
    partitions: LANES,
    seed,
    rate,
    seconds: (untilMs + RECOVERY_MS) / 1_000 + 30,
  });
  const auditor = await startAuditor(bootstrap, TOPIC, OUTPUT);
  ends.push(() => auditor.stop());
  const more = options.soak ? `commit: { minIntervalMs: ${SOAK.minIntervalMs} }\n` : "";
  const fleet = new Fleet({ kafka, store, topic: TOPIC, size: instances, more, log, logs });
  ends.push(() => fleet.stop());
  const sending = sources.run();
  sending.catch(() => undefined); // told below
  ends.push(() => (sources.stop(), sending));
  if ((await auditor.until(({ emitted }) => emitted > 0, START_MS)) === null)
    throw new Error(`nothing came out within ${START_MS / 1_000} s of the start`);

  const began = Date.now();
  const first = { sent: sources.sent, emitted: auditor.sight.emitted };
  const scene = { kafka, store, fleet, sources };
  const faultsMs = { fromMs: QUIET_MS.before, untilMs: untilMs - QUIET_MS.after };
  const planned = options.soak ? soakSchedule(untilMs) : schedule({ ...options, ...faultsMs });
  log(`${planned.length} faults are planned`);
  const progress = setInterval(() => log(`${clock(began)} ${told(auditor, fleet)}`), PROGRESS_MS);
  const happened = await faultsOf(scene, planned, began, log);
  const recoveredMs = await recovered(auditor);
  log(`${clock(began)} every lane moves again after ${recoveredMs ?? "more than 30,000"} ms`);
  const left = began + untilMs - Date.now();
  if (left > 0) await Promise.race([sending, setTimeout(left)]);
  const seconds = (Date.now() - began) / 1_000;
  const perSecond = {
    offered: Math.round((sources.sent - first.sent) / seconds),
    emitted: Math.round((auditor.sight.emitted - first.emitted) / seconds),
  };
  sources.stop();
  await sending;
  // Second copies too: what would come out twice may come late. If it takes longer, the auditor waits, and tells.
  await auditor.until(() => fleet.idleLanes === LANES, IDLE_MS);
  const verdict = await auditor.judge();
  clearInterval(progress);
  const { longestLanePauseMs, longestPauseMs } = auditor.sight;
  const exitCodes = await fleet.stop();
  const report: ChaosReport = {
    ...options,
    ok: isFine(verdict, recoveredMs),
    verdict,
    faults: counted(happened),
    faultCount: happened.length,
    happened,
    recoveredMs,
    longestPauseMs,
    longestLanePauseMs,
    seconds: Math.round(seconds),
    offeredPerSecond: perSecond.offered,
    emittedPerSecond: perSecond.emitted,
    starts: fleet.starts,
    exits: fleet.exits,
    exitCodes,
    memoryMb: fleet.memory,
    lanes: LANES,
  };
  return report;
}

const PROGRESS_MS = 5_000;

export function isFine(verdict: Verdict, recoveredMs: number | null): boolean {
  return isClean(verdict) && verdict.emitted > 0 && recoveredMs !== null;
}

/** Lets all of it happen; when something cannot (a server does not start), nothing more does, and it is thrown. */
async function faultsOf(scene: Scene, planned: readonly Fault[], began: number, log: Log): Promise<Happened[]> {
  const over = new AbortController();
  const places = Object.keys(FAULTS).map(async (place) => {
    const happened: Happened[] = [];
    try {
      for (const fault of planned.filter((each) => each.place === place)) {
        await delay(began + fault.atMs - Date.now(), over.signal);
        if (over.signal.aborted) break;
        happened.push(await inItsTime(scene, fault, began, log));
      }
    } catch (error) {
      over.abort();
      throw error;
    }
    return happened;
  });
  const ends = await Promise.allSettled(places);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return ends.flatMap((end) => (end.status === "fulfilled" ? end.value : [])).toSorted((a, b) => a.beganMs - b.beganMs);
}

async function inItsTime(scene: Scene, fault: Fault, began: number, log: Log): Promise<Happened> {
  const beganMs = Date.now() - began;
  const to = await happen(scene, fault);
  const tookMs = Date.now() - began - beganMs;
  log(`${clock(began)} ${fault.kind}: ${to} (${(tookMs / 1_000).toFixed(1)} s)`);
  return { ...fault, beganMs, tookMs, to };
}

/** Until the time is over, or the signal aborts. */
function delay(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}

/** Milliseconds until every lane's output has grown once more; null if one does not in time. */
async function recovered(auditor: Auditor): Promise<number | null> {
  const over = Date.now();
  const moved = await auditor.until(({ grownAt }) => grownAt.every((at) => at !== null && at > over), RECOVERY_MS);
  return moved === null ? null : Math.max(...moved.grownAt.map((at) => (at ?? 0) - over));
}

function clock(began: number): string {
  return `${((Date.now() - began) / 1_000).toFixed(1).padStart(6)} s`;
}

function told({ sight }: Auditor, fleet: Fleet): string {
  const { distinct, emitted, input } = sight;
  return `in ${input}, changes ${distinct}, out ${emitted}, ${fleet.deployed.length} instances (${fleet.deployed.map(({ memoryMb }) => memoryMb ?? "-").join(", ")} MiB)`;
}
