import fc from "fast-check";
import type { WireHeader, WireRecord, WireSchema } from "@tandem-cdc/testbed";

// Generated schemas, values and records, in the wire's form.

export interface Typed {
  readonly schema: WireSchema | null;
  readonly value: unknown;
}

const CONNECT = "org.apache.kafka.connect.data";

/** Few, so that configurations meet them. */
export const FIELDS = ["id", "name", "amount", "at", "a", "b", "nested", "tags"] as const;

const text = fc.oneof(
  fc.constantFrom("", "x", "42", "-1.5", "true", "2026-11-25", "Grüße"),
  fc.string({ maxLength: 8 }),
);
const bytes = fc.uint8Array({ maxLength: 6 }).map((each) => ({ $bytes: Buffer.from(each).toString("base64") }));
const long = fc
  .oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -1000n, max: 1000n }))
  .map((each) => ({ $long: String(each) }));
const finite = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((each) => !Number.isInteger(each) || Math.abs(each) < 1e6)
  .map((each) => each + 0); // JSON has no -0
const double = fc.oneof(
  { weight: 6, arbitrary: finite },
  { weight: 1, arbitrary: fc.constantFrom("NaN", "Infinity", "-Infinity").map((each) => ({ $double: each })) },
);
const DAY_MS = 86_400_000;

/** Types and their values. */
const PRIMITIVES: readonly { readonly schema: WireSchema; readonly value: fc.Arbitrary<unknown> }[] = [
  { schema: { type: "int8" }, value: fc.integer({ min: -128, max: 127 }) },
  { schema: { type: "int16" }, value: fc.integer({ min: -32_768, max: 32_767 }) },
  { schema: { type: "int32" }, value: fc.integer() },
  { schema: { type: "int64" }, value: long },
  { schema: { type: "float32" }, value: fc.float({ noNaN: true, noDefaultInfinity: true }).map((each) => each + 0) },
  { schema: { type: "float64" }, value: double },
  { schema: { type: "boolean" }, value: fc.boolean() },
  { schema: { type: "string" }, value: text },
  { schema: { type: "bytes" }, value: bytes },
  {
    schema: { type: "int32", name: "io.debezium.time.Date", version: 1 },
    value: fc.integer({ min: -1000, max: 30_000 }),
  },
];

const LOGICAL: typeof PRIMITIVES = [
  {
    schema: { type: "int64", name: `${CONNECT}.Timestamp`, version: 1 },
    value: fc.integer({ min: -1e10, max: 2e12 }).map((each) => ({ $date: each })),
  },
  {
    schema: { type: "int32", name: `${CONNECT}.Date`, version: 1 },
    value: fc.integer({ min: -1000, max: 30_000 }).map((each) => ({ $date: each * DAY_MS })),
  },
  {
    schema: { type: "int32", name: `${CONNECT}.Time`, version: 1 },
    value: fc.integer({ min: 0, max: DAY_MS - 1 }).map((each) => ({ $date: each })),
  },
  {
    schema: { type: "bytes", name: `${CONNECT}.Decimal`, version: 1, parameters: { scale: "2" } },
    value: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map((each) => ({ $decimal: [String(each), 2] })),
  },
];

/** A schema, and values of it. */
export interface TypeOf {
  readonly schema: WireSchema;
  readonly value: fc.Arbitrary<unknown>;
}

/** Java refuses default values of structs: their schema is not yet whole where they are checked. */
const WITHOUT_DEFAULT = ["struct", "array", "map"];

/** A type that may be optional, have a default value, or be documented. */
function varied(type: TypeOf): fc.Arbitrary<TypeOf> {
  const plain = { schema: { ...type.schema, optional: false }, value: type.value };
  const optional = {
    schema: { ...type.schema, optional: true },
    value: fc.oneof({ weight: 2, arbitrary: type.value }, { weight: 1, arbitrary: fc.constant(null) }),
  };
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(plain) },
    { weight: 4, arbitrary: fc.constant(optional) },
    { weight: 1, arbitrary: fc.constant({ ...plain, schema: { ...plain.schema, doc: "what it is" } }) },
    {
      weight: WITHOUT_DEFAULT.includes(type.schema.type) ? 0 : 1,
      arbitrary: type.value.map((preset) => ({ ...optional, schema: { ...optional.schema, default: preset } })),
    },
  );
}

export const primitive: fc.Arbitrary<TypeOf> = fc.constantFrom(...PRIMITIVES).chain(varied);
export const logical: fc.Arbitrary<TypeOf> = fc.constantFrom(...LOGICAL).chain(varied);

/** Any type, nested at most `depth` deep. */
export function anyType(depth = 2): fc.Arbitrary<TypeOf> {
  const flat = [
    { weight: 6, arbitrary: primitive },
    { weight: 2, arbitrary: logical },
  ];
  if (depth === 0) return fc.oneof(...flat);
  return fc.oneof(
    ...flat,
    { weight: 1, arbitrary: anyType(depth - 1).chain(arrayOf) },
    { weight: 1, arbitrary: anyType(depth - 1).chain(mapOf) },
    { weight: 2, arbitrary: structType(depth - 1).chain(varied) },
  );
}

function arrayOf({ schema, value }: TypeOf): fc.Arbitrary<TypeOf> {
  return varied({ schema: { type: "array", valueSchema: schema }, value: fc.array(value, { maxLength: 3 }) });
}

function mapOf({ schema, value }: TypeOf): fc.Arbitrary<TypeOf> {
  const texts = {
    schema: { type: "map", keySchema: { type: "string", optional: false }, valueSchema: schema },
    value: fc.dictionary(fc.constantFrom("k", "l", "m"), value, { noNullPrototype: true }),
  };
  const numbers = {
    schema: { type: "map", keySchema: { type: "int32", optional: false }, valueSchema: schema },
    value: fc
      .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 9 }), value), {
        minLength: 1,
        maxLength: 3,
        selector: ([key]) => key,
      })
      .map((entries) => ({ $map: entries })),
  };
  return fc.oneof(varied(texts), varied(numbers));
}

/** A struct; `names` are what its fields may be called. */
export function structType(depth = 2, names: readonly string[] = FIELDS): fc.Arbitrary<TypeOf> {
  const name = fc.option(fc.constantFrom("shop.orders.Value", "shop.Row"), { nil: undefined });
  return fc
    .tuple(
      fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 5 }),
      name,
      fc.option(fc.constant(2), { nil: undefined }),
    )
    .chain(([chosen, schemaName, version]) =>
      fc.tuple(...chosen.map(() => anyType(depth))).map((types) =>
        structOf(
          types.map((type, i) => [chosen[i] ?? "", type] as const),
          { ...(schemaName === undefined ? {} : { name: schemaName }), ...(version === undefined ? {} : { version }) },
        ),
      ),
    );
}

/** A struct of these fields. */
export function structOf(fields: readonly (readonly [string, TypeOf])[], more: Partial<WireSchema> = {}): TypeOf {
  return {
    schema: {
      type: "struct",
      optional: false,
      ...more,
      fields: fields.map(([name, { schema }]) => ({ name, schema })),
    },
    value: fc.record(Object.fromEntries(fields.map(([name, { value }]) => [name, value])), { noNullPrototype: true }),
  };
}

/** A type with a value of it. */
export function typed(type: fc.Arbitrary<TypeOf>): fc.Arbitrary<Typed> {
  return type.chain(({ schema, value }) => value.map((of) => ({ schema, value: of })));
}

/** What JSON without schemas can hold; `names` are what fields may be called. */
export function plainValue(depth = 2, names: readonly string[] = FIELDS): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    text,
    long,
    fc.boolean(),
    fc.constant(null),
    finite.filter((each) => !Number.isInteger(each)),
  );
  if (depth === 0) return leaf;
  const inner = plainValue(depth - 1, names);
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 1, arbitrary: fc.array(inner, { maxLength: 3 }) },
    { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...names), inner, { noNullPrototype: true }) },
  );
}

export const struct: fc.Arbitrary<Typed> = typed(structType());
/** An object without a schema. */
export const map: fc.Arbitrary<Typed> = fc
  .dictionary(fc.constantFrom(...FIELDS), plainValue(), { minKeys: 1, noNullPrototype: true })
  .map((value) => ({ schema: null, value }));
export const tombstone: fc.Arbitrary<Typed> = fc.constant({ schema: null, value: null });
/** Neither a struct nor a map. */
export const other: fc.Arbitrary<Typed> = fc.oneof(
  typed(primitive),
  typed(anyType(0)),
  fc.oneof(text, long, fc.boolean()).map((value) => ({ schema: null, value })),
  typed(structType()).map(({ schema }) => ({ schema: { ...(schema as WireSchema), optional: true }, value: null })),
);
/** Mostly structs and maps. */
export const payload: fc.Arbitrary<Typed> = fc.oneof(
  { weight: 8, arbitrary: struct },
  { weight: 5, arbitrary: map },
  { weight: 1, arbitrary: tombstone },
  { weight: 1, arbitrary: other },
);

/** A header whose value is text, as Connect's SimpleHeaderConverter writes and reads it. */
export function header(key: string, value: string | null): WireHeader {
  return { key, bytes: value === null ? null : Buffer.from(value).toString("base64") };
}

export const headers: fc.Arbitrary<readonly WireHeader[]> = fc.array(
  fc
    .tuple(
      fc.constantFrom("source", "trace", "op", "h"),
      fc.constantFrom("a", "b", "text with spaces", "some-id", null),
    )
    .map(([key, value]) => header(key, value)),
  { maxLength: 3 },
);

export interface RecordParts {
  readonly key?: fc.Arbitrary<Typed>;
  readonly value?: fc.Arbitrary<Typed>;
  readonly topic?: fc.Arbitrary<string>;
  readonly headers?: fc.Arbitrary<readonly WireHeader[]>;
  readonly timestamp?: fc.Arbitrary<number>;
}

/** A record, of any parts that are not said. */
export function record(parts: RecordParts = {}): fc.Arbitrary<WireRecord> {
  return fc
    .record({
      topic: parts.topic ?? fc.constantFrom("shop.orders", "shop.order_items", "db-7.public.a"),
      partition: fc.integer({ min: 0, max: 3 }),
      offset: fc.integer({ min: 0, max: 1_000_000 }),
      timestamp: parts.timestamp ?? fc.integer({ min: 0, max: 2_000_000_000_000 }),
      key: parts.key ?? payload,
      value: parts.value ?? payload,
      headers: parts.headers ?? headers,
    })
    .map(({ headers: of, key, offset, partition, timestamp, topic, value }) => ({
      topic,
      partition,
      offset,
      timestamp,
      headers: of,
      keySchema: key.schema,
      key: key.value,
      valueSchema: value.schema,
      value: value.value,
    }));
}

/** One of the values, or as often none of them. */
export function some<T>(...values: readonly T[]): fc.Arbitrary<T | undefined> {
  return fc.option(fc.constantFrom(...values), { nil: undefined, freq: 2 });
}

/** A configuration with those of the options that have a value. */
export function configOf(
  given: Readonly<Record<string, fc.Arbitrary<string | undefined>>>,
): fc.Arbitrary<Record<string, string>> {
  return fc
    .record(given)
    .map((all) =>
      Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    );
}
