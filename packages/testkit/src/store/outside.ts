import type { BlockStore, KeyStore } from "@tandem-cdc/core";
import type { Scheduler } from "../scheduler.ts";

/** A key store that may wait for something real: virtual time stands still meanwhile. */
export function outsideStore(store: KeyStore, scheduler: Scheduler): KeyStore {
  return {
    ...storeMethods(store),
    claim: (lane, claims, signal) => scheduler.outside(store.claim(lane, claims, signal)),
  };
}

export function outsideBlocks(blocks: BlockStore, scheduler: Scheduler): BlockStore {
  return {
    async *load(lane, bucket, signal) {
      const found = blocks.load(lane, bucket, signal)[Symbol.asyncIterator]();
      for (;;) {
        const next = await scheduler.outside(found.next());
        if (next.done === true) return;
        yield next.value;
      }
    },
    append: (lane, made, signal) => scheduler.outside(blocks.append(lane, made, signal)),
    health: () => scheduler.outside(blocks.health()),
    close: () => scheduler.outside(blocks.close()),
  };
}

/** A key store's methods as an object's own: stores may be instances of classes. */
export function storeMethods(store: KeyStore): KeyStore {
  return {
    claim: (lane, claims, signal) => store.claim(lane, claims, signal),
    ...(store.lookup === undefined ? {} : { lookup: (...asked) => store.lookup!(...asked) }),
    ...(store.release === undefined ? {} : { release: (lane) => store.release!(lane) }),
    health: () => store.health(),
    close: () => store.close(),
  };
}
