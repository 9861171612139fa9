import type { Batch } from "@tandem-cdc/core";
import { expect, it } from "vitest";
import { avroFormat, schemaRegistry } from "@tandem-cdc/avro";
import { avscType } from "./bigint-long.ts";
import { change, ENVELOPE } from "./envelope.ts";
import { batchWith } from "./payloads.ts";
import { framed } from "../src/index.ts";
import { registryServer } from "./registry-server.ts";

/** The GTIDs of a batch of MariaDB's changes; nothing else of them is decoded. */
async function gtids(batch: Batch, url: string, signal: AbortSignal): Promise<(string | null)[]> {
  const format = avroFormat({ registry: schemaRegistry({ url }) });
  const change = format.project("value", ["source.gtid"]);
  await change.prepare?.(batch, signal);
  return Array.from({ length: batch.length }, (_, i) => {
    change.read(batch.value(i) ?? new Uint8Array(0));
    return change.text(0);
  });
}

it("the README's example reads the GTIDs of changes", async () => {
  const server = await registryServer(() => ({ json: { schema: JSON.stringify(ENVELOPE) } }));
  const payloads = [0, 1].map((n) => framed(7, avscType(ENVELOPE).toBuffer(change(n))));
  const found = await gtids(batchWith(...payloads), server.url, new AbortController().signal);
  expect(found).toEqual(["0-101-77", "0-101-78"]);
  expect(server.asked).toHaveLength(1);
});
