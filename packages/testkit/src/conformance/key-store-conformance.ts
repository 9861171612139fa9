import type { KeyStore } from "@tandem-cdc/core";
import type { ConformanceTest, StoreMaker } from "./conformance.ts";
import { keyStoreAnswers } from "./key-store-answers.ts";
import { keyStoreLife } from "./key-store-life.ts";
import { keyStoreModel } from "./key-store-model.ts";

/** What every `KeyStore` has to show. The tests are independent, and may run at the same time on one server. */
export function keyStoreConformance(maker: StoreMaker<KeyStore>): readonly ConformanceTest[] {
  return [...keyStoreAnswers(maker), ...keyStoreLife(maker), ...keyStoreModel(maker)];
}
