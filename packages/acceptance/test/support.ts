import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  audit,
  type Change,
  type Copy,
  createTopic,
  deliveries,
  type Delivery,
  eventOf,
  history,
  Reader,
  type Stored,
  STORE_MODULE,
  TandemProcess,
  type Verdict,
  Writer,
} from "@tandem-cdc/acceptance";

/** Full counts by `npm run acceptance`, reduced ones otherwise. */
export const FULL: boolean = process.env["TANDEM_FULL"] === "1";

const decoder = new TextDecoder();

/** The history's own id of a change event; null for a tombstone. */
export function idOf(record: Stored): string | null {
  if (record.value === null) return null;
  return String((JSON.parse(decoder.decode(record.value)) as { change: number }).change);
}

export function isDelete(record: Stored): boolean {
  return record.value !== null && (JSON.parse(decoder.decode(record.value)) as { op: string }).op === "d";
}

export function copies(records: readonly Stored[]): Copy[] {
  return records.map((record) => ({ id: idOf(record), record }));
}

/** A workload of one topic: the history, and what the two connectors send of it. */
export interface Workload {
  readonly topic: string;
  readonly partitions: number;
  readonly changes: readonly Change[];
  readonly sent: readonly Delivery[];
}

let topics = 0;

export async function workload(bootstrap: string, changes: number, partitions: number, seed: number): Promise<Workload> {
  const topic = `cdc.shop.orders${process.pid}n${++topics}`;
  await createTopic(bootstrap, topic, partitions, { "retention.ms": "-1" });
  const made = history(changes, partitions, seed);
  return { topic, partitions, changes: made, sent: deliveries(made, seed) };
}

/** Sends deliveries as the connectors would, tombstones included; `perSecond` limits the rate. */
export async function send(bootstrap: string, { topic }: Workload, sent: readonly Delivery[], perSecond = Infinity): Promise<void> {
  const writer = await new Writer(bootstrap, topic).open();
  const began = Date.now();
  for (const [i, delivery] of sent.entries()) {
    const due = began + (i / perSecond) * 1_000;
    if (i % 100 === 0 && due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
    const { change, source } = delivery;
    const record = { partition: change.partition, key: Buffer.from(change.key), headers: [{ connector: source }], timestamp: Date.now() };
    await writer.write({ ...record, value: Buffer.from(eventOf(delivery, record.timestamp)) });
    if (change.op === "d") await writer.write({ ...record, value: null });
  }
  await writer.close();
}

export interface ConfigOptions {
  readonly bootstrap: string;
  readonly name: string;
  readonly topic: string;
  readonly storePort?: number;
  readonly instance?: string;
  /** More lines of YAML. */
  readonly more?: string;
}

/** Writes a configuration file of its own; returns its path and what removes it. */
export function configFile({ bootstrap, name, topic, storePort, instance = "0", more = "" }: ConfigOptions): {
  readonly path: string;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), "tandem-acceptance-"));
  const path = join(folder, "tandem.yaml");
  const store = storePort === undefined ? "{ type: memory }" : `{ type: "${STORE_MODULE}", port: ${storePort} }`;
  writeFileSync(
    path,
    `name: ${name}\ninstance: "${instance}"\nkafka:\n  bootstrap.servers: ${bootstrap}\ninput:\n  topics: ["${topic}"]\n` +
      `dedup:\n  identity: debezium\n  horizon: 1h\n  sources: { header: connector }\n  store: ${store}\nmetrics: { port: 0 }\n${more}`,
  );
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
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
  return audit(input ?? [], output ?? [], isDelete);
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
