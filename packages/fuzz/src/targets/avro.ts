import {
  autoFormat,
  avroCodec,
  avroConverter,
  avroFormat,
  framed,
  parseSchema,
  type SchemaRegistry,
} from "@tandem-cdc/avro";
import { batchOf, type Projection, TandemError } from "@tandem-cdc/core";
import { debeziumIdentity, jsonFormat } from "@tandem-cdc/debezium";
import type { Target } from "../target.ts";
import { LANE, nowhere } from "./lane.ts";
import { quietly } from "./debezium.ts";

const decimal = { type: "bytes", logicalType: "decimal", precision: 10, scale: 2 };
const row = {
  type: "record",
  name: "Row",
  fields: [
    { name: "id", type: "long" },
    { name: "name", type: ["null", "string"] },
    { name: "price", type: ["null", decimal] },
    { name: "at", type: { type: "long", "connect.name": "io.debezium.time.MicroTimestamp" } },
    { name: "bits", type: { type: "bytes", "connect.name": "io.debezium.data.Bits" } },
  ],
};
const source = {
  type: "record",
  name: "Source",
  fields: [
    { name: "connector", type: "string" },
    { name: "ts_ms", type: "long" },
    { name: "snapshot", type: [{ type: "string" }, "null"] },
    { name: "db", type: "string" },
    { name: "table", type: ["null", "string"] },
    { name: "gtid", type: ["null", "string"] },
    { name: "file", type: "string" },
    { name: "pos", type: "long" },
    { name: "row", type: "int" },
  ],
};
const envelope = {
  type: "record",
  name: "Envelope",
  fields: [
    { name: "before", type: ["null", row] },
    { name: "after", type: ["null", "Row"] },
    { name: "source", type: source },
    { name: "op", type: "string" },
    { name: "ts_ms", type: ["null", "long"] },
  ],
};
const tree = {
  type: "record",
  name: "Tree",
  fields: [
    { name: "a", type: ["null", "Tree"] },
    { name: "b", type: { type: "array", items: "Tree" } },
    { name: "c", type: { type: "map", values: ["null", "double", "Tree"] } },
  ],
};
const SCHEMAS: readonly unknown[] = [
  envelope,
  tree,
  row,
  { type: "array", items: "null" },
  { type: "map", values: ["float", "double", { type: "enum", name: "E", symbols: ["x", "y"] }] },
  { type: "array", items: { type: "fixed", name: "F", size: 3, logicalType: "decimal", precision: 5, scale: 1 } },
  ["null", "boolean", "int", "long", "string", "bytes"],
];

const FIELDS = ["", "a", "a.b", "c", "c.a", "after", "after.id", "source.gtid", "op"];
const WAYS = ["has", "text", "integer", "bytes", "canonical"] as const;
const VARINTS = ["00", "02", "04", "80", "ffffffff0f", "feffffffffffffffff01", "01", "03"].map((hex) =>
  Buffer.from(hex, "hex"),
);
const allows = (thrown: unknown): boolean => thrown instanceof TandemError && thrown.code.startsWith("RECORD_");
const signal = new AbortController().signal;

function registryOf(schemas: readonly unknown[]): SchemaRegistry {
  return {
    async schema(id) {
      if (id >= schemas.length) throw new TandemError("RECORD_SCHEMA_UNKNOWN", `there is no schema ${id}`);
      return { id, text: JSON.stringify(schemas[id]), referenced: [], type: parseSchema(schemas[id]) };
    },
    register: () => Promise.reject(new Error("nothing is registered")),
    subjects: async () => [],
    close: () => undefined,
  };
}

function readAll(projection: Projection, payload: Uint8Array): void {
  projection.read(payload);
  for (const field of FIELDS.keys()) for (const way of WAYS) quietly(() => projection[way](field));
}

const record = (value: Uint8Array) => batchOf(LANE.lane, [{ offset: 0, timestamp: 0, key: value, value }]);

const text = (said: string): Buffer => Buffer.concat([Buffer.from([2 * said.length]), Buffer.from(said)]);
const AVRO_EVENT = Buffer.concat([
  Buffer.from([0, 0]),
  ...[2, 2, 2].map((n) => Buffer.from([n])),
  text("ab"),
  Buffer.from([2, 4, 1, 0x9c, 0x80, 0x02, 2, 7]),
  text("mariadb"),
  Buffer.from([2, 0]),
  ...["false", "shop"].map(text),
  Buffer.from([2]),
  text("orders"),
  Buffer.from([2]),
  text("0-1-5"),
  text("bin.1"),
  Buffer.from([8, 0]),
  text("c"),
  Buffer.from([0]),
]);

/** Avro of known schemas: the first byte chooses one, the rest is the body. */
export const avro: Target = {
  name: "avro",
  seeds: [AVRO_EVENT, Buffer.from([1, 0, 0, 0]), Buffer.from([3, 2, 0]), Buffer.from([6, 8, 2, 97])],
  words: [...VARINTS, "mariadb", "postgresql", "false", "0-1-5"],
  async open() {
    const registry = registryOf(SCHEMAS);
    const format = avroFormat({ registry });
    const codec = avroCodec({ registry, longs: "safe", semantics: true });
    await codec.prepareIds([...SCHEMAS.keys()]);
    const converter = avroConverter({ registry });
    await converter.prepare?.(
      [...SCHEMAS.keys()].map((id) => framed(id, new Uint8Array(0))),
      signal,
    );
    const projections = await Promise.all(
      SCHEMAS.map(async (_, id) => {
        const projection = format.project("value", FIELDS, { except: ["a.b", "ts_ms", "after.bits"] });
        await projection.prepare?.(record(framed(id, new Uint8Array(0))), signal);
        return projection;
      }),
    );
    return async (input) => {
      const id = (input[0] ?? 0) % SCHEMAS.length;
      const payload = framed(id, input.subarray(1));
      quietly(() => readAll(projections[id] as Projection, payload));
      quietly(() => codec.decode(payload, { topic: "t", part: "value" }));
      quietly(() => converter.toConnectData(payload, { topic: "t", part: "value" }));
      if (id !== 0) return;
      const lane = await debeziumIdentity({ format }).openLane(LANE, undefined);
      const batch = record(payload);
      await lane.prepare?.(batch, signal);
      const identified = lane.identify(batch, 0, nowhere());
      if (identified instanceof Error) throw identified;
    };
  },
  allows,
};

/** Whole payloads as they come from a topic: the header of the wire format, JSON among them, and ids that nobody knows. */
export const wire: Target = {
  name: "wire",
  seeds: [
    framed(0, AVRO_EVENT.subarray(1)),
    framed(1, Buffer.from([0, 0, 0])),
    '{"a":{"b":1}}',
    Buffer.from([0, 0, 0, 0]),
  ],
  words: [...VARINTS, Buffer.from([0, 0, 0, 0, 1]), '{"a":', "}"],
  async open() {
    const format = autoFormat(jsonFormat, avroFormat({ registry: registryOf(SCHEMAS) }));
    return async (input) => {
      const projection = format.project("value", FIELDS);
      await projection.prepare?.(record(input), signal);
      readAll(projection, input);
    };
  },
  allows,
};

/** Schemas as a registry may answer them, each with a payload behind a NUL. */
export const schema: Target = {
  name: "avro-schema",
  seeds: [...SCHEMAS, "string", { type: "int", logicalType: "date" }].map((one) => `${JSON.stringify(one)}\0\x02\x02a`),
  words: [
    ...VARINTS,
    ...'{}[],:"'.split(""),
    ..."record enum fixed array map union null int long bytes string fields name type items values symbols size".split(
      " ",
    ),
    ..."namespace logicalType decimal scale connect.name connect.parameters precision default".split(" "),
    '{"type":"array","items":',
    '{"type":"record","name":"R","fields":[{"name":"x","type":',
    '["null",',
    "io.debezium.data.VariableScaleDecimal",
    "__proto__",
    "constructor",
  ],
  async open() {
    return async (input) => {
      const nul = input.indexOf(0);
      const said = Buffer.from(nul < 0 ? input : input.subarray(0, nul)).toString();
      let parsed: unknown;
      try {
        parsed = JSON.parse(said);
      } catch {
        return; // the registry's client refuses what is no JSON
      }
      const registry = registryOf([parsed]);
      const payload = framed(0, nul < 0 ? new Uint8Array(0) : input.subarray(nul + 1));
      const projection = avroFormat({ registry }).project("value", FIELDS, { except: ["a.b"] });
      await projection.prepare?.(record(payload), signal);
      quietly(() => readAll(projection, payload));
      const codec = avroCodec({ registry, semantics: true });
      await codec.prepareIds([0]);
      quietly(() => codec.decode(payload, { topic: "t", part: "value" }));
      const converter = avroConverter({ registry });
      await converter.prepare?.([payload], signal);
      converter.toConnectData(payload, { topic: "t", part: "value" });
    };
  },
  allows,
};
