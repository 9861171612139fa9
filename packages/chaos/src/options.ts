import { parseArgs } from "node:util";
import type { StoreName } from "./schedule.ts";

export const USAGE: string = `chaos [--minutes M] [--store redis|cassandra|rocksdb] [--seed S] [--rate R] [--naive|--soak] [--logs FOLDER] [--json]
  M minutes (default 2) of faults by seed S (default 1) against tandem with R records/s offered (default 5000);
  --logs: takes what the instances say; --naive: a store in Redis that answers "key exists, so skip it" instead;
  --soak: no faults but one planned restart, and how memory grows. Exit 1 on any anomaly.`;

export interface ChaosOptions {
  readonly minutes: number;
  readonly store: StoreName;
  readonly seed: number;
  /** Records per second that both sources offer together. */
  readonly rate: number;
  /** No faults but one planned restart: what is looked at is memory. */
  readonly soak?: boolean;
  /** A folder that is there, for what the instances say. */
  readonly logs?: string;
}

export interface CommandOptions extends ChaosOptions {
  readonly json: boolean;
}

const STORES = ["redis", "cassandra", "rocksdb"] as const;

/** Throws a TypeError for wrong arguments. */
export function optionsOf(args: readonly string[]): CommandOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "2" },
      store: { type: "string" },
      seed: { type: "string", default: "1" },
      rate: { type: "string", default: "5000" },
      logs: { type: "string" },
      soak: { type: "boolean", default: false },
      naive: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const { json, logs, naive, soak, store = "redis" } = values;
  const known = STORES.find((name) => name === store);
  if (known === undefined) throw new TypeError(`--store has to be ${STORES.join(", ")}, not "${store}"`);
  if (naive && known !== "redis") throw new TypeError("--naive keeps its keys in Redis: leave --store out");
  return {
    minutes: above("minutes", values.minutes, 0.5),
    seed: whole("seed", values.seed),
    rate: whole("rate", values.rate),
    store: naive ? "naive" : known,
    json,
    ...(soak ? { soak } : {}),
    ...(logs === undefined ? {} : { logs }),
  };
}

function above(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!(value >= least) || !Number.isFinite(value))
    throw new TypeError(`--${name} has to be a number from ${least} on, not "${text}"`);
  return value;
}

function whole(name: string, text: string): number {
  const value = above(name, text, 1);
  if (!Number.isSafeInteger(value)) throw new TypeError(`--${name} has to be a whole number, not "${text}"`);
  return value;
}
