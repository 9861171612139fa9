import { asError } from "@tandem-cdc/core";
import { isBuiltIn } from "../../config/stores/store.ts";
import { type Check, failure, ok, orOk, skipped, warning } from "../check.ts";

const NO_STORE = "dedup.mode is merge: there is no store";
/** What a running pipeline does to a store in a folder. */
const HELD = /another process|in use|locked/i;

export const storeReachable: Check = {
  id: "store.reachable",
  about:
    "The key store opens: it answers, is a version that is supported, keeps what it acknowledges, and lets this user read and write.",
  async look({ config, store }) {
    if (config.dedup.mode === "merge") return skipped(NO_STORE);
    const { type } = config.dedup.store;
    try {
      const opened = await store.get();
      const { detail = "", ok: healthy } = await opened.health();
      if (!healthy) return failure(`${type}: ${detail}`, remedyIn(detail));
      return ok(`${type} answers${detail === "" ? "" : `: ${detail}`}`);
    } catch (thrown) {
      const { message } = asError(thrown);
      const embedded = isBuiltIn(config.dedup.store) && (type === "level" || type === "rocksdb");
      if (embedded && HELD.test(message)) return skipped(`${type}: ${message} (a running pipeline holds it)`);
      return failure(`${type}: ${message}`, remedyIn(message));
    }
  },
};

/** Messages of the stores end with what to do. */
function remedyIn(message: string): string {
  const command = /(?:CONFIG SET|ALTER (?:KEYSPACE|TABLE)|ACL SETUSER|CREATE KEYSPACE) .*?(?=, or |\. |; |$)/.exec(
    message,
  );
  return command?.[0] ?? "start the store, or mend dedup.store";
}

export const storeSafe: Check = {
  id: "store.safe",
  about:
    "What the store promises fits: claims survive a restart and the loss of a node, or their loss (duplicates, never loss) is known.",
  async look({ config, store }) {
    if (config.dedup.mode === "merge") return skipped(NO_STORE);
    const { store: chosen } = config.dedup;
    if (isBuiltIn(chosen) && chosen.type === "memory" && !chosen.rebuild)
      return warning(
        "the memory store forgets every claim at a restart: what comes again then is doubled",
        "set dedup.store: { type: memory, rebuild: true }, or another type (docs/stores.md)",
      );
    const health = await (await store.need()).health();
    if (!health.ok) return skipped("the store is not well (store.reachable)");
    const found = (health.warnings ?? []).map(({ fix, message }) => warning(`${chosen.type}: ${message}`, fix));
    return orOk(found, `${chosen.type} keeps what it acknowledges`);
  },
};
