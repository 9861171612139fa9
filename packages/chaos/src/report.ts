import type { Verdict } from "@tandem-cdc/testkit";
import { EVERY_MS, type MemoryLine } from "./fleet.ts";
import type { Exit } from "./instance.ts";
import type { ChaosOptions } from "./options.ts";
import type { Fault, FaultKind } from "./schedule.ts";
import { leakBound, SOAK, slopes } from "./soak.ts";

/** A fault as it happened. */
export interface Happened extends Fault {
  /** From the start of the run. */
  readonly beganMs: number;
  readonly tookMs: number;
  readonly to: string;
}

export interface ChaosReport extends ChaosOptions {
  /** Nothing lost, doubled, reordered, altered, or seen and gone; and the stream moved on in time. */
  readonly ok: boolean;
  readonly verdict: Verdict;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly faultCount: number;
  readonly happened: readonly Happened[];
  /** From the end of the last fault until every lane's output grew again; null where one did not within 30 s. */
  readonly recoveredMs: number | null;
  /** The longest that nothing came out, of all lanes and of one alone. */
  readonly longestPauseMs: number;
  readonly longestLanePauseMs: number;
  readonly seconds: number;
  readonly offeredPerSecond: number;
  readonly emittedPerSecond: number;
  /** Processes started, and those that ended without being told to. */
  readonly starts: number;
  readonly exits: readonly Exit[];
  /** Exit codes of those that ran at the end; null for who had to be killed. */
  readonly exitCodes: readonly (number | null)[];
  /** Per instance, MiB every 5 s; null while it did not run. */
  readonly memoryMb: readonly MemoryLine[];
  /** Input partitions. */
  readonly lanes: number;
}

export function counted(happened: readonly Fault[]): Partial<Record<FaultKind, number>> {
  const counts: Partial<Record<FaultKind, number>> = {};
  for (const { kind } of happened) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

const number = new Intl.NumberFormat("en");

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** What to read in a report; also the lines that the document keeps. */
export function reportLines(report: ChaosReport): string[] {
  const { exits, faultCount, faults, memoryMb, store, verdict } = report;
  const kinds = Object.entries(faults).toSorted(([, a], [, b]) => b - a);
  const weighed = memoryMb.map((line) => line.filter((mb) => mb !== null)).filter((line) => line.length > 0);
  return [
    `${store}, ${report.minutes} minutes, seed ${report.seed}: ${number.format(report.offeredPerSecond)} records/s offered, ${number.format(report.emittedPerSecond)} changes/s out;`,
    `${number.format(verdict.input)} records in, ${number.format(verdict.distinct)} changes, ${number.format(verdict.emitted)} out:`,
    `lost ${verdict.lost}, duplicated ${verdict.duplicated}, reordered ${verdict.reordered}, altered ${verdict.altered}, visible and then gone ${verdict.aborted}, tombstones missing ${verdict.tombstonesMissing}.`,
    `${faultCount} faults: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(", ")}.`,
    `${report.recoveredMs === null ? "After the last one a lane did not move again within 30 s" : `After the last one every lane moved again within ${seconds(report.recoveredMs)}`}. Longest pause ${seconds(report.longestPauseMs)}, of one lane ${seconds(report.longestLanePauseMs)}.`,
    `${report.starts} processes started, ${exits.length} ended by themselves. Memory of an instance: ${weighed.map((line) => `${Math.min(...line)} to ${Math.max(...line)} MiB`).join(", ")}.`,
    ...(report.soak === true ? soakLines(report) : []),
  ];
}

function soakLines({ lanes, memoryMb }: ChaosReport): string[] {
  const signed = (mb: number): string => `${mb < 0 ? "" : "+"}${mb.toFixed(1)}`;
  return [
    ...memoryMb
      .flatMap((line) => slopes(line, EVERY_MS))
      .map(
        ({ fromMb, mbPerHour, minutes, toMb }) =>
          `Memory of one process over ${minutes} minutes, after its first six: ${fromMb} to ${toMb} MiB, ${signed(mbPerHour)} MiB an hour.`,
      ),
    `At most ${1_000 / SOAK.minIntervalMs} commits a second of ${lanes} lanes each: the client's leak is ${leakBound(lanes).toFixed(0)} MiB an hour at most.`,
  ];
}

/** Everything for people: what went wrong as well. */
export function reportText(report: ChaosReport): string {
  const { exits, ok, verdict } = report;
  return [
    ...reportLines(report),
    ...exits.map(({ code, instance, said }) => `instance ${instance} ended by itself (${code}): ${said}`),
    ...verdict.examples,
    ok ? "No anomaly." : `ANOMALIES. Again: npm run chaos -- ${argumentsOf(report)}`,
  ].join("\n");
}

function argumentsOf({ minutes, rate, seed, store }: ChaosOptions): string {
  const which = store === "naive" ? "--naive" : `--store ${store}`;
  return `--minutes ${minutes} ${which} --seed ${seed} --rate ${rate}`;
}
