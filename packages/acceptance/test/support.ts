import {
  configFile,
  type ConfigOptions,
  random,
  Reader,
  send,
  type Stored,
  TandemProcess,
  workload,
} from "@tandem-cdc/acceptance";
import { audit, type AuditedRecord, type Copy, type Verdict } from "@tandem-cdc/testkit";
import { expect } from "vitest";

export { configFile, send, type Workload, workload } from "@tandem-cdc/acceptance";

/** Full counts by `npm run acceptance`, reduced ones otherwise. */
export const FULL: boolean = process.env["TANDEM_FULL"] === "1";

const decoder = new TextDecoder();

/** The history's own id of a change event; null for a tombstone. */
export function idOf(record: AuditedRecord): string | null {
  if (record.value === null) return null;
  return String((JSON.parse(decoder.decode(record.value)) as { change: number }).change);
}

export function isDelete(record: AuditedRecord): boolean {
  return record.value !== null && (JSON.parse(decoder.decode(record.value)) as { op: string }).op === "d";
}

export function copies(records: readonly Stored[]): Copy[] {
  return records.map((record) => ({ id: idOf(record), record }));
}

/** Reads the input and the output as they are, and judges. */
export async function verdictOf(bootstrap: string, topic: string): Promise<Verdict> {
  const [input, output] = await Promise.all(
    [topic, `dedup.${topic}`].map(async (name) => {
      const reader = await Reader.open(bootstrap, name);
      const records = await reader.readAll();
      await reader.close();
      return copies(records);
    }),
  );
  return audit({ input: input ?? [], output: output ?? [], isDelete });
}

/** Follows the output until `changes` changes have come out, or nothing has for `idleMs`. */
export async function drained(bootstrap: string, topic: string, changes: number, idleMs = 60_000): Promise<number> {
  const reader = await Reader.open(bootstrap, `dedup.${topic}`);
  let seen = 0;
  let last = Date.now();
  while (seen < changes && Date.now() - last < idleMs) {
    const some = await reader.read();
    const changed = some.filter((record) => record.value !== null).length;
    seen += changed;
    if (changed > 0) last = Date.now();
  }
  await reader.close();
  return seen;
}

export function runTandem(path: string): TandemProcess {
  return new TandemProcess(["run", "--config", path]);
}

export const CLEAN = { lost: 0, duplicated: 0, reordered: 0, altered: 0, tombstonesMissing: 0 } as const;

/** Waits until the output has grown by `count` records; returns by how many it has. */
async function grown(reader: Reader, count: number, running: TandemProcess): Promise<number> {
  let seen = 0;
  while (seen < count) {
    if (!running.running) throw new Error(`tandem ended by itself: ${running.said}`);
    seen += (await reader.read()).length;
  }
  return seen;
}

export interface Crashes extends Pick<ConfigOptions, "bootstrap" | "store" | "storePort"> {
  /** How often tandem is killed. */
  readonly kills: number;
  readonly changes: number;
  readonly seed: number;
  /** How long nothing may come out before it counts as the end. */
  readonly idleMs?: number;
  /** Happens once, in the middle, while tandem runs; what is sent is not through by then. */
  readonly meanwhile?: (tandem: TandemProcess) => Promise<void>;
}

/** Runs tandem under full load with `kills` kill -9 at random points, then drains and judges. */
export async function crashes({
  changes,
  idleMs = 60_000,
  kills,
  meanwhile,
  seed,
  ...configured
}: Crashes): Promise<Verdict> {
  const { bootstrap } = configured;
  const load = await workload(bootstrap, changes, 2, seed);
  const config = configFile({ ...configured, name: `crash${seed}`, topic: load.topic });
  const next = random(seed);
  const sending = send(bootstrap, load, load.sent);
  let tandem = runTandem(config.path);
  try {
    const reader = await Reader.open(bootstrap, `dedup.${load.topic}`);
    for (let kill = 0; kill < kills; kill++) {
      await grown(reader, 1 + Math.floor((next() * changes) / (kills + 1)), tandem);
      if (kill === Math.floor(kills / 2)) await meanwhile?.(tandem);
      await tandem.stop("SIGKILL");
      tandem = runTandem(config.path);
    }
    await reader.close();
    await sending;
    await drained(bootstrap, load.topic, changes, idleMs);
    expect(await tandem.stop(), tandem.said).toBe(0);
    return await verdictOf(bootstrap, load.topic);
  } finally {
    await tandem.stop("SIGKILL");
    config.remove();
  }
}
