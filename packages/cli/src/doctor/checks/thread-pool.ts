import { isBuiltIn } from "../../config/stores/store.ts";
import type { Config } from "../../config/schema.ts";
import { type Check, ok, Unmet, warning } from "../check.ts";
import type { Patient } from "../patient.ts";

/** Of one pipeline: its Kafka clients hold four, and four are for everything else. */
const OF_CLIENTS = 8;
/** Lanes whose claims may be under way in an embedded store at the same time, before the disk is the bound. */
const MOST_OF_STORE = 16;
const COMMAND_HAS = 24;

export const threadPool: Check = {
  id: "node.threads",
  about: "libuv's thread pool is large enough for the Kafka clients and, with an embedded store, for the lanes.",
  async look(patient) {
    const size = Number(process.env["UV_THREADPOOL_SIZE"] ?? 4);
    const lanes = await lanesOf(patient);
    const needed = OF_CLIENTS + (isEmbedded(patient.config) ? Math.min(lanes, MOST_OF_STORE) : 0);
    const what = `${size} threads for ${lanes} lane${lanes === 1 ? "" : "s"} (${needed} needed)`;
    if (size >= needed) return ok(`${what}. A program that embeds pipelines sets UV_THREADPOOL_SIZE itself`);
    return warning(what, `start with UV_THREADPOOL_SIZE=${Math.max(needed, COMMAND_HAS)}`);
  },
};

export function isEmbedded({ dedup: { mode, store } }: Config): boolean {
  return mode === "claims" && isBuiltIn(store) && (store.type === "level" || store.type === "rocksdb");
}

/** Lanes of the input; 0 while the brokers do not tell. */
async function lanesOf(patient: Patient): Promise<number> {
  try {
    const topics = await patient.topicFacts(await patient.inputs());
    return topics.reduce((sum, { partitions }) => sum + partitions.length, 0);
  } catch (thrown) {
    if (thrown instanceof Unmet) return 0;
    throw thrown;
  }
}
