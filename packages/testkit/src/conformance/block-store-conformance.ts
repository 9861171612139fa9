import { type BlockStore, type KeyStore, packed } from "@tandem-cdc/core";
import { blockStoreContents } from "./block-store-contents.ts";
import { blockStoreHistories } from "./block-store-histories.ts";
import { blockStoreLife } from "./block-store-life.ts";
import type { ConformanceTest, StoreMaker } from "./conformance.ts";

/** What every `BlockStore` has to show. The tests are independent, and may run at the same time on one server. */
export function blockStoreConformance(maker: StoreMaker<BlockStore>): readonly ConformanceTest[] {
  return [...blockStoreContents(maker), ...blockStoreLife(maker), ...blockStoreHistories(maker)];
}

/** Makes key stores of block stores, for the other suite. */
export function packedMaker(maker: StoreMaker<BlockStore>): StoreMaker<KeyStore> {
  return {
    manifest: maker.manifest,
    open: async (place, opening) => packed(await maker.open(place, opening), opening),
  };
}
