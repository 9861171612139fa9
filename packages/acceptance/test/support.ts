import { Reader, type Stored, TandemProcess } from "@tandem-cdc/acceptance";
import { audit, type AuditedRecord, type Copy, type Verdict } from "@tandem-cdc/testkit";

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
