import type { JsonValue, LaneContext } from "@tandem-cdc/core";
import { dedup, type DedupOptions, loadHash, memoryStore } from "../src/index.ts";
import { asSaid, context, type Laned, records, type Said } from "./support.ts";

const hash = await loadHash();

/** A lane under dedup; `again` opens it anew at its committed state, with the same store. */
export async function lane(options: Partial<DedupOptions> = {}, state?: JsonValue, as: Partial<LaneContext> = {}) {
  const transform = dedup({ identity: asSaid, keyStore: memoryStore(), hash, ...options });
  let current: Laned = { ...context(state), ...as };
  await transform.openLane?.(current);
  return {
    apply: (first: number, ...said: readonly (Said | null)[]) =>
      Promise.resolve(transform.apply(records(first, ...said), current)),
    again: async (state = current.state, elsewhere: Partial<LaneContext> = {}): Promise<void> => {
      await transform.closeLane?.(current);
      current = { ...context(JSON.parse(JSON.stringify(state))), ...elsewhere };
      await transform.openLane?.(current);
    },
    get context() {
      return current;
    },
  };
}
