import { createTopics, type DevelopmentCluster, developmentCluster, openReader, openWriter } from "@tandem-cdc/kafka";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deduplicate } from "../src/pipeline.ts";

const TOPIC = "cdc.shop.orders";
let cluster: DevelopmentCluster;
beforeAll(async () => {
  cluster = await developmentCluster();
});
afterAll(async () => {
  await cluster.close();
});

function event(sequence: number, file: string): Uint8Array {
  const source = {
    connector: "mariadb",
    db: "shop",
    table: "orders",
    gtid: `0-1-${sequence}`,
    file,
    pos: sequence * 10,
    row: 0,
    snapshot: "false",
  };
  return new TextEncoder().encode(JSON.stringify({ before: null, after: { id: sequence }, source, op: "c", ts_ms: 1 }));
}

it("emits each change of two connectors once, in order", async () => {
  const client = { "bootstrap.servers": cluster.bootstrap };
  await createTopics(client, [{ topic: TOPIC, partitions: 4 }]);
  const writer = await openWriter(client);
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  for (let sequence = 1; sequence <= 200; sequence++)
    for (const [source, file] of [
      ["a", "bin2.000001"],
      ["b", "bin3.000001"],
    ] as const)
      await writer.write({
        topic: TOPIC,
        partition: 0,
        key: bytes(`{"id":${sequence}}`),
        value: event(sequence, file),
        headers: [{ key: "connector", value: bytes(source) }],
      });
  await writer.flush();

  const stop = new AbortController();
  const running = deduplicate(cluster.bootstrap, TOPIC, stop.signal);
  const ids: number[] = [];
  await expect
    .poll(
      async () => {
        const reader = await openReader(client, `dedup.${TOPIC}`);
        ids.length = 0;
        for (let quiet = 0; quiet < 5;) {
          const records = await reader.read();
          if (records.length === 0) quiet++;
          for (const { value } of records)
            ids.push((JSON.parse(new TextDecoder().decode(value ?? bytes(""))) as { after: { id: number } }).after.id);
        }
        await reader.close();
        return ids.length;
      },
      { timeout: 25_000 },
    )
    .toBe(200);
  stop.abort();
  expect(await running).toEqual({ in: 400, out: 200 });
  expect(ids).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  await writer.close();
});
