import type { KeyStore } from "@tandem-cdc/core";
import { expect, it } from "vitest";
import { cassandraStore } from "../src/index.ts";

/** The claims of the pipeline "shop", for two days. */
function openStore(contactPoints: readonly string[], password: string, ca: string): Promise<KeyStore> {
  return cassandraStore({
    contactPoints,
    localDataCenter: "dc1",
    credentials: { username: "tandem", password },
    tls: { ca },
    keyspace: "tandem",
    namespace: "shop",
    horizonMs: 2 * 24 * 3_600_000,
  });
}

it("the README's store says that its servers are not there", async () => {
  await expect(openStore(["127.0.0.1:9"], "secret", "")).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    retriable: true,
  });
});
