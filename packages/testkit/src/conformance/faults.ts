import { setTimeout as delay } from "node:timers/promises";
import { type BlockStore, TandemError } from "@tandem-cdc/core";

/**
 * What may go wrong with one call: it times out `before` its effect, `after` it, or with a `part` of it; its effect
 * comes `late`, long after it was given up (appends only); or it is `slow`.
 */
export type BlockFault = "before" | "after" | "part" | "late" | "slow";

export interface FaultyBlockStore extends BlockStore {
  /** What was given up and is still on its way takes effect now. */
  land(): Promise<void>;
}

function timedOut(fault: BlockFault): TandemError {
  return new TandemError("STORE_UNAVAILABLE", `an injected fault: timed out (${fault})`, { retriable: true });
}

/** A block store behind a bad network: `strike` decides about each call. It fails, but it never lies. */
export function faultyBlockStore(
  blocks: BlockStore,
  strike: (call: "load" | "append") => BlockFault | null,
): FaultyBlockStore {
  const flying: (() => Promise<void>)[] = [];
  const never = new AbortController().signal;
  return {
    async *load(lane, bucket, signal) {
      const fault = strike("load");
      if (fault === "slow") await delay(2);
      if (fault === "before" || fault === "late") throw timedOut(fault);
      for await (const block of blocks.load(lane, bucket, signal)) {
        yield block;
        if (fault === "part") throw timedOut(fault);
      }
      if (fault === "after" || fault === "part") throw timedOut(fault);
    },
    async append(lane, made, signal) {
      const fault = strike("append");
      if (fault === "slow") await delay(2);
      if (fault === "before") throw timedOut(fault);
      if (fault === "late") {
        flying.push(() => blocks.append(lane, made, never));
        throw timedOut(fault);
      }
      await blocks.append(lane, fault === "part" ? made.slice(0, made.length / 2) : made, signal);
      if (fault === "after" || fault === "part") throw timedOut(fault);
    },
    async land() {
      for (const write of flying.splice(0)) await write();
    },
    health: () => blocks.health(),
    close: () => blocks.close(),
  };
}
