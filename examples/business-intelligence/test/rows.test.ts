import { fileURLToPath } from "node:url";
import { assemble, loadConfig } from "@tandem-cdc/cli";
import { createTopics, type DevelopmentCluster, developmentCluster, openReader, openWriter } from "@tandem-cdc/kafka";
import avsc from "avsc";
import { afterEach, beforeEach, expect, it } from "vitest";
import { avro, ENVELOPE, event, json, KEY } from "./events.ts";
import { type TestRegistry, testRegistry } from "./registry.ts";

const configFile = fileURLToPath(new URL("../tandem.yaml", import.meta.url));
const TOPIC = "cdc.shop.orders";

let cluster: DevelopmentCluster;
let registry: TestRegistry;
beforeEach(async () => {
  cluster = await developmentCluster();
  registry = await testRegistry();
});
afterEach(async () => {
  registry.close();
  await cluster.close();
});

interface Message {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Both connectors tell of three changes; what the pipeline makes of them. */
async function rowsOf(message: (sequence: number, connector: string) => Message): Promise<readonly Message[]> {
  const client = { "bootstrap.servers": cluster.bootstrap };
  await createTopics(client, [{ topic: TOPIC, partitions: 1 }]);
  const writer = await openWriter(client);
  for (const sequence of [1, 2, 3])
    for (const connector of ["a", "b"]) {
      const headers = [{ key: "connector", value: new TextEncoder().encode(connector) }];
      await writer.write({ topic: TOPIC, partition: 0, headers, ...message(sequence, connector) });
    }
  await writer.flush();
  await writer.close();

  const { config } = loadConfig(configFile, { BOOTSTRAP_SERVERS: cluster.bootstrap, REGISTRY_URL: registry.url });
  const { pipeline, transport } = await assemble(config, {
    configFile,
    observer: { observe: () => undefined },
    onNotice: () => undefined,
  });
  let out = 0;
  pipeline.on("committed", ({ outputs }) => {
    for (const batch of outputs) out += batch.length;
  });
  const stop = new AbortController();
  const running = pipeline.run({ signal: stop.signal });
  await expect.poll(() => out, { timeout: 20_000 }).toBe(3);
  stop.abort();
  await running;
  await transport.close();

  const rows: Message[] = [];
  await expect
    .poll(
      async () => {
        const reader = await openReader(client, "warehouse.orders");
        rows.length = 0;
        for (let quiet = 0; rows.length < 3 && quiet < 5;) {
          const records = await reader.read();
          if (records.length === 0) quiet++;
          for (const { key, value } of records) rows.push({ key: key ?? json(null), value: value ?? json(null) });
        }
        await reader.close();
        return rows.length;
      },
      { timeout: 20_000 },
    )
    .toBe(3);
  return rows;
}

const first = {
  id: 1,
  customer: "ann",
  amount: 20.5,
  gift: true,
  place_x: 8.5,
  place_y: 47.25,
  ordered_at: "2026-11-23 07:08:27",
  __deleted: "false",
  change: "c",
  changed_at: "2026-11-23 07:08:27",
};
const last = { ...first, __deleted: "true", change: "d" };

it("makes flat rows of JSON, each change once", async () => {
  const rows = await rowsOf((sequence, connector) => ({
    key: json({ id: sequence === 2 ? 2 : 1 }),
    value: json(event(sequence, connector, "AQEAAAA=")),
  }));
  const { place_x: _x, place_y: _y, ...unplaced } = first;
  expect(rows.map(({ value }) => JSON.parse(new TextDecoder().decode(value)) as unknown)).toEqual([
    first,
    // Without schemas, nobody knows what `place` is made of.
    { ...unplaced, id: 2, amount: null, gift: false, place: null },
    last,
  ]);
  expect(rows.map(({ key }) => new TextDecoder().decode(key))).toEqual(['{"id":1}', '{"id":2}', '{"id":1}']);
});

it("makes flat rows of Avro, and registers their schema", async () => {
  registry.schemas.set(1, JSON.stringify(KEY)).set(2, JSON.stringify(ENVELOPE));
  const rows = await rowsOf((sequence, connector) => ({
    key: avro(1, KEY, { id: sequence === 2 ? 2 : 1 }),
    value: avro(2, ENVELOPE, event(sequence, connector, Buffer.from("01", "hex"))),
  }));
  expect([...registry.subjects.keys()]).toEqual(["warehouse.orders-value"]);
  const schema = JSON.parse(registry.schemas.get(registry.subjects.get("warehouse.orders-value") ?? 0) ?? "") as object;
  const type = avsc.Type.forSchema(schema as avsc.Schema);
  expect(rows.map(({ value }) => ({ ...(type.fromBuffer(Buffer.from(value.subarray(5))) as object) }))).toEqual([
    first,
    { ...first, id: 2, amount: null, gift: false, place_x: null, place_y: null },
    last,
  ]);
  // No transform changed the keys: their bytes are what they were.
  expect(rows.map(({ key }) => key[4])).toEqual([1, 1, 1]);
});
