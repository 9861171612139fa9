import type { JavaStep } from "@tandem-cdc/testbed";
import type { SampleName } from "./samples.ts";

/** `objects`: the transforms alone; the others from payload bytes to payload bytes. */
export type Form = "objects" | "JSON" | "JSON with schemas";
const ALL: readonly Form[] = ["objects", "JSON", "JSON with schemas"];
/** Of those that need schemas. */
const TYPED: readonly Form[] = ["objects", "JSON with schemas"];
/** Of those that take records of a source connector only, which no converter reads. */
const SOURCE: readonly Form[] = ["objects"];

/** What is measured, as Connect's configurations name it. */
export interface Subject {
  readonly name: string;
  readonly sample: SampleName;
  readonly chain: readonly JavaStep[];
  readonly forms: readonly Form[];
}

type Config = Readonly<Record<string, string>>;

const CONNECT = "org.apache.kafka.connect.transforms";
const DEBEZIUM = "io.debezium.transforms";

const KINDS: Readonly<Record<string, readonly [javaClass: string, config: Config]>> = {
  Cast: [`${CONNECT}.Cast$Value`, { spec: "quantity:int64,amount:string" }],
  DropHeaders: [`${CONNECT}.DropHeaders`, { headers: "trace" }],
  ExtractField: [`${CONNECT}.ExtractField$Key`, { field: "id" }],
  Flatten: [`${CONNECT}.Flatten$Value`, { delimiter: "_" }],
  HeaderFrom: [`${CONNECT}.HeaderFrom$Value`, { fields: "customer", headers: "customer", operation: "copy" }],
  HoistField: [`${CONNECT}.HoistField$Value`, { field: "row" }],
  InsertField: [`${CONNECT}.InsertField$Value`, { "topic.field": "topic", "timestamp.field": "at" }],
  InsertHeader: [`${CONNECT}.InsertHeader`, { header: "by", "value.literal": "tandem" }],
  MaskField: [`${CONNECT}.MaskField$Value`, { fields: "email,note" }],
  RegexRouter: [`${CONNECT}.RegexRouter`, { regex: "([^.]+)\\.public\\.(.*)", replacement: "$1.$2" }],
  ReplaceField: [`${CONNECT}.ReplaceField$Value`, { exclude: "note", renames: "customer:customer_name" }],
  SetSchemaMetadata: [`${CONNECT}.SetSchemaMetadata$Value`, { "schema.name": "shop.Order" }],
  TimestampConverter: [
    `${CONNECT}.TimestampConverter$Value`,
    { field: "created", "target.type": "string", format: "yyyy-MM-dd HH:mm:ss.SSS" },
  ],
  TimestampRouter: [`${CONNECT}.TimestampRouter`, {}],
  ValueToKey: [`${CONNECT}.ValueToKey`, { fields: "id,customer" }],
};

const DEBEZIUM_KINDS: typeof KINDS = {
  ExtractNewRecordState: [`${DEBEZIUM}.ExtractNewRecordState`, { "add.fields": "op,source.ts_ms" }],
  ByLogicalTableRouter: [
    `${DEBEZIUM}.ByLogicalTableRouter`,
    { "topic.regex": "(.*)orders(.*)", "topic.replacement": "$1all_orders" },
  ],
  ContentBasedRouter: [
    `${DEBEZIUM}.ContentBasedRouter`,
    { language: "jsr223.graal.js", "topic.expression": "value.after.quantity > 4 ? 'many' : null" },
  ],
  "Filter by content": [`${DEBEZIUM}.Filter`, { language: "jsr223.graal.js", condition: "value.after.quantity > 4" }],
  PartitionRouting: [
    `${DEBEZIUM}.partitions.PartitionRouting`,
    { "partition.payload.fields": "after.customer", "partition.topic.num": "12" },
  ],
  TimezoneConverter: [`${DEBEZIUM}.TimezoneConverter`, { "converted.timezone": "+02:00" }],
  ExtractChangedRecordState: [
    `${DEBEZIUM}.ExtractChangedRecordState`,
    { "header.changed.name": "changed", "header.unchanged.name": "unchanged" },
  ],
  HeaderToValue: [`${DEBEZIUM}.HeaderToValue`, { headers: "trace", fields: "after.trace", operation: "copy" }],
};

const one = ([javaClass, config]: readonly [string, Config], more: Partial<JavaStep> = {}): JavaStep => ({
  class: javaClass,
  config,
  ...more,
});

const tombstones = one([`${CONNECT}.Filter`, {}], {
  predicate: { class: `${CONNECT}.predicates.RecordIsTombstone`, config: {} },
});
const named = (...names: readonly string[]): readonly JavaStep[] =>
  Object.entries({ ...KINDS, ...DEBEZIUM_KINDS })
    .filter(([name]) => names.includes(name))
    .toSorted(([a], [b]) => names.indexOf(a) - names.indexOf(b))
    .map(([, kind]) => one(kind));

export const SUBJECTS: readonly Subject[] = [
  ...Object.entries(KINDS).map(([name, kind]): Subject => ({
    name,
    sample: "rows",
    chain: [one(kind)],
    forms: name === "SetSchemaMetadata" ? TYPED : ALL,
  })),
  { name: "Filter, for tombstones", sample: "rows", chain: [tombstones], forms: ALL },
  ...Object.entries(DEBEZIUM_KINDS).map(([name, kind]): Subject => ({
    name,
    sample: "events",
    chain: [one(kind)],
    forms: name === "PartitionRouting" ? SOURCE : TYPED,
  })),
  {
    name: "EventRouter",
    sample: "outbox",
    chain: [one([`${DEBEZIUM}.outbox.EventRouter`, {}])],
    forms: SOURCE,
  },
  {
    name: "five: Filter, RegexRouter, InsertField, MaskField, ReplaceField",
    sample: "rows",
    chain: [tombstones, ...named("RegexRouter", "InsertField", "MaskField", "ReplaceField")],
    forms: ALL,
  },
  {
    name: "five: ExtractNewRecordState, RegexRouter, InsertField, MaskField, ReplaceField",
    sample: "events",
    chain: named("ExtractNewRecordState", "RegexRouter", "InsertField", "MaskField", "ReplaceField"),
    forms: TYPED,
  },
];
