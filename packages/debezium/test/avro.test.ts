import { readFileSync } from "node:fs";
import type { PayloadFormat } from "@tandem-cdc/core";
import { autoFormat, avroFormat, parseSchema, type SchemaRegistry } from "@tandem-cdc/avro";
import { describe, expect, test } from "vitest";
import { debeziumIdentity, type DebeziumIdentityOptions, jsonFormat } from "../src/index.ts";
import { sentBy } from "./events.ts";
import { type Delivery, Player } from "./player.ts";

const SOURCES = { sources: { header: "connector", names: ["a", "b"] } };

interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly connector: string;
  readonly key: string | null;
  readonly value: string | null;
}

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");

/** How far the ids of connector b lie above those of a: as if its schemas had been registered anew. */
const MOVED = 1_000;

/** A registry that knows the recorded schemas, each under two ids. */
function registryOf(database: string): { readonly registry: SchemaRegistry; readonly asked: number[] } {
  const schemas = JSON.parse(fixture(`${database}-avro-schemas.json`)) as Readonly<Record<string, unknown>>;
  const asked: number[] = [];
  const refuse = (): never => {
    throw new Error("not asked for");
  };
  return {
    asked,
    registry: {
      async schema(id) {
        asked.push(id);
        const schema = schemas[String(id % MOVED)];
        const text = JSON.stringify(schema);
        return { id, text, referenced: [], type: parseSchema(schema) };
      },
      register: refuse,
      subjects: refuse,
      close: () => undefined,
    },
  };
}

function bytesOf(base64: string | null, moved: boolean): Uint8Array | null {
  if (base64 === null) return null;
  const bytes = Buffer.from(base64, "base64");
  if (moved) bytes.writeUInt32BE(bytes.readUInt32BE(1) + MOVED, 1);
  return bytes;
}

function lanes(database: string): Map<string, { readonly source: string; readonly delivery: Delivery }[]> {
  const made = new Map<string, { readonly source: string; readonly delivery: Delivery }[]>();
  for (const line of fixture(`${database}-avro.jsonl`).trimEnd().split("\n")) {
    const { connector: source, key, partition, topic, value } = JSON.parse(line) as Line;
    const moved = source === "b";
    const delivery = { key: bytesOf(key, moved), value: bytesOf(value, moved), headers: sentBy(source) };
    const lane = `${topic}-${partition}`;
    made.set(lane, [...(made.get(lane) ?? []), { source, delivery }]);
  }
  return made;
}

/** How many records of one connector have something to say. */
function spoken(records: readonly { readonly source: string; readonly delivery: Delivery }[]): number {
  return records.filter(({ delivery, source }) => source === "a" && delivery.value !== null).length;
}

describe("recorded Avro, where each connector's schemas have ids of their own: every record once", () => {
  const options = (format: PayloadFormat): DebeziumIdentityOptions => ({ ...SOURCES, format });

  test.each(["mariadb", "postgresql"])("%s", async (database) => {
    for (const [lane, records] of lanes(database)) {
      const { registry } = registryOf(database);
      for (const format of [avroFormat({ registry }), autoFormat(jsonFormat, avroFormat({ registry }))]) {
        const player = new Player({ identity: debeziumIdentity(options(format)) });
        const half = Math.floor(records.length / 2);
        const deliveries = records.map(({ delivery }) => delivery);
        await player.play(...deliveries.slice(0, half));
        await player.restart();
        await player.play(...deliveries.slice(half));
        expect(player.rejected, lane).toEqual([]);
        expect(player.counts.get("divergence"), lane).toBeUndefined();
        if (lane.startsWith("__debezium-heartbeat")) expect(player.emitted).toEqual([]);
        // Two rows of a snapshot are equal and have no key: one comes out, counted on either side.
        else expect(player.emitted, lane).toHaveLength(spoken(records) - (player.counts.get("ambiguous") ?? 0) / 2);
      }
    }
  });
});
