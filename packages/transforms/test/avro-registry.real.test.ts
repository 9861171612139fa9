import { readFileSync } from "node:fs";
import { avroConverter, framed, readSchemaId, schemaRegistry, type SchemaRegistry } from "@tandem-cdc/avro";
import { type Batch, batchOf, type DataObject, type LaneContext } from "@tandem-cdc/core";
import { available, type RegistryServer, startRegistry } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { avscType } from "../../avro/test/bigint-long.ts";
import { extractNewRecordState, insertField, recordTransforms, replaceField, type Step } from "../src/index.ts";

const { ok } = await available(["registry"]);
const TOPIC = "cdc.shop.orders";
const signal = new AbortController().signal;
const context = { lane: { topic: TOPIC, partition: 0 }, signal } as unknown as LaneContext;

interface Recorded {
  readonly topic: string;
  readonly key: string | null;
  readonly value: string | null;
}
const fixture = (name: string): string =>
  readFileSync(new URL(`../../debezium/test/fixtures/mariadb-${name}`, import.meta.url), "utf8");

let server: RegistryServer;
beforeAll(async () => {
  server = await startRegistry();
});
afterAll(() => server?.stop());

/** Changes of a table that Debezium recorded, with their schemas in this registry. */
async function recorded(registry: SchemaRegistry, topic = TOPIC): Promise<Batch> {
  const ids = new Map<number, number>();
  for (const [id, schema] of Object.entries(JSON.parse(fixture("avro-schemas.json")) as Record<string, unknown>))
    ids.set(Number(id), await registry.register(`recorded-${id}`, schema));
  const again = (base64: string | null): Uint8Array | null => {
    if (base64 === null) return null;
    const payload = Buffer.from(base64, "base64");
    return framed(ids.get(readSchemaId(payload)) ?? 0, payload.subarray(5));
  };
  const lines = fixture("avro.jsonl").trimEnd().split("\n");
  const records = lines.map((line) => JSON.parse(line) as Recorded).filter((record) => record.topic === topic);
  return batchOf(
    { topic, partition: 0 },
    records.map(({ key, value }, offset) => ({ offset, timestamp: 0, key: again(key), value: again(value) })),
  );
}

/** The records behind the steps, with what became of the others. */
async function through(batch: Batch, steps: readonly Step[], autoRegister = true, prefix = "dedup.") {
  const converter = avroConverter({ registry: schemaRegistry({ url: server.url }), autoRegister });
  const outputTopic = (topic: string): string => prefix + topic;
  const stage = recordTransforms(steps, { converters: { key: converter, value: converter }, outputTopic });
  return stage.apply(batch, context);
}

/** As a consumer reads it that has nothing of ours: the schema by its id from the registry, the value by avsc. */
async function consumed(payload: Uint8Array): Promise<{ readonly schema: unknown; readonly value: DataObject }> {
  const answer = await fetch(`${server.url}/schemas/ids/${Buffer.from(payload).readUInt32BE(1)}`);
  const { schema: text } = (await answer.json()) as { readonly schema: string };
  const schema: unknown = JSON.parse(text);
  return { schema, value: avscType(schema).fromBuffer(Buffer.from(payload.subarray(5))) as DataObject };
}

async function put(path: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const { status } = await fetch(server.url + path, { method: "PUT", headers, body: JSON.stringify(body) });
  expect(status).toBe(200);
}

const unwrap = extractNewRecordState({ "delete.tombstone.handling.mode": "rewrite", "add.fields": "op" });

describe.skipIf(!ok)("Avro through transforms, with a real schema registry", () => {
  it.each([TOPIC, "cdc.shop.types"])(
    "is written with a derived schema that any consumer reads it by: %s",
    async (topic) => {
      const registry = schemaRegistry({ url: server.url });
      const batch = await recorded(registry, topic);
      const { next, origins, rejected } = await through(batch, [unwrap]);
      expect(rejected).toEqual([]);
      expect(next.length).toBeGreaterThan(1);
      expect(await registry.subjects()).toContain(`dedup.${topic}-value`);
      for (let i = 0; i < next.length; i++) {
        const origin = origins?.[i] ?? i;
        const event = (await consumed(batch.value(origin) as Uint8Array)).value;
        const { schema, value } = await consumed(next.value(i) as Uint8Array);
        const { __deleted, __op, ...row } = value;
        expect({ ...row }).toEqual({ ...((event["after"] ?? event["before"]) as object) });
        expect(__op).toBe(event["op"]);
        expect(__deleted).toBe(String(event["op"] === "d"));
        expect(JSON.stringify(schema)).toContain('"connect.name":"cdc.shop.');
        // The key is not touched.
        expect(next.key(i)).toBe(batch.key(origin));
      }
    },
  );

  it("is rejected where the subject does not take the schema, which is told", async () => {
    const batch = await recorded(schemaRegistry({ url: server.url }));
    const subject = `strict.${TOPIC}-value`;
    await through(batch, [unwrap], true, "strict.");
    await put(`/config/${subject}`, { compatibility: "FULL" });
    const more = insertField({ "static.field": "more!", "static.value": "x" });
    const { next, rejected } = await through(batch, [unwrap, more], true, "strict.");
    expect(next.length).toBe(0);
    expect(rejected[0]).toMatchObject({
      stage: "converter",
      cause: { code: "REGISTRY_REFUSED", retriable: false, message: expect.stringContaining(subject) as string },
    });
  });

  it("is only written with what is registered, where nothing may be", async () => {
    const batch = await recorded(schemaRegistry({ url: server.url }));
    await through(batch, [unwrap], true, "fixed.");
    const known = await through(batch, [unwrap], false, "fixed.");
    expect(known.rejected).toEqual([]);
    expect(known.next.length).toBeGreaterThan(10);
    const without = replaceField({ exclude: "__op" });
    const { next, rejected } = await through(batch, [unwrap, without], false, "fixed.");
    expect(next.length).toBe(0);
    expect(rejected[0]?.cause).toMatchObject({ code: "REGISTRY_REFUSED", retriable: false });
  });
});
