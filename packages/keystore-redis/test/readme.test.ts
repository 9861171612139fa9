import type { KeyStore } from "@tandem-cdc/core";
import { expect, it } from "vitest";
import { redisStore } from "../src/index.ts";

/** The claims of the pipeline "shop", for two days. */
function openStore(url: string): Promise<KeyStore> {
  return redisStore({ url, namespace: "shop", horizonMs: 2 * 24 * 3_600_000 });
}

it("the README's store says that its server is not there", async () => {
  await expect(openStore("redis://127.0.0.1:9")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retriable: true });
});
