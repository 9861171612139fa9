import {
  DATE,
  type DataValue,
  Decimal,
  DECIMAL,
  isDataObject,
  type Schema,
  TandemError,
  TIME,
  TIMESTAMP,
} from "@tandem-cdc/core";

// Values as Connect's JsonConverter writes them: bytes and decimals in base64, dates as numbers, maps whose keys are not
// texts as lists of pairs.

const DAY_MS = 86_400_000;

function misfit(schema: Schema, what: string): TandemError {
  return new TandemError(
    "RECORD_MALFORMED",
    `a value does not fit its schema: ${what} where ${schema.name ?? schema.type} is due`,
  );
}

/** Whether values of the schema are the same in JSON and in memory. */
const plain = new WeakMap<Schema, boolean>();

export function isPlain(schema: Schema): boolean {
  const known = plain.get(schema);
  if (known !== undefined) return known;
  plain.set(schema, false);
  const answer = findOut(schema);
  plain.set(schema, answer);
  return answer;
}

function findOut({ fields, keySchema, name, type, valueSchema }: Schema): boolean {
  switch (type) {
    case "bytes":
    case "float32":
    case "float64":
      return false;
    case "int32":
    case "int64":
      return name !== DATE && name !== TIME && name !== TIMESTAMP;
    case "struct":
      return (fields ?? []).every((field) => isPlain(field.schema));
    case "array":
      return valueSchema === undefined || isPlain(valueSchema);
    case "map":
      return keySchema?.type === "string" && !keySchema.optional && valueSchema !== undefined && isPlain(valueSchema);
    case "boolean":
    case "int8":
    case "int16":
    case "string":
      break;
  }
  return true;
}

export function fromJson(schema: Schema, json: DataValue): DataValue {
  if (json === null) return null;
  if (isPlain(schema)) return json;
  const { name, type, valueSchema } = schema;
  switch (type) {
    case "bytes":
      return bytesFrom(schema, json);
    case "int32":
    case "int64":
      if (typeof json !== "number") throw misfit(schema, "no number");
      return new Date(name === DATE ? json * DAY_MS : json);
    case "float32":
    case "float64":
      return typeof json === "bigint" || typeof json === "string" ? Number(json) : json;
    case "struct":
      return structFrom(schema, json);
    case "array":
      if (!Array.isArray(json)) throw misfit(schema, "no list");
      return valueSchema === undefined ? json : json.map((each: DataValue) => fromJson(valueSchema, each));
    case "map":
      return mapFrom(schema, json);
    case "boolean":
    case "int8":
    case "int16":
    case "string":
      break;
  }
  return json;
}

function bytesFrom(schema: Schema, json: DataValue): DataValue {
  if (typeof json !== "string") throw misfit(schema, "no base64");
  const bytes = new Uint8Array(Buffer.from(json, "base64"));
  return schema.name === DECIMAL ? decimalOf(schema, bytes) : bytes;
}

function structFrom(schema: Schema, json: DataValue): DataValue {
  if (!isDataObject(json)) throw misfit(schema, "no object");
  const struct: Record<string, DataValue> = {};
  for (const field of schema.fields ?? []) own(struct, field.name, fromJson(field.schema, ownValue(json, field.name)));
  return struct;
}

function mapFrom(schema: Schema, json: DataValue): DataValue {
  const { keySchema, valueSchema } = schema;
  if (keySchema === undefined || valueSchema === undefined) throw misfit(schema, "a map without schemas");
  if (isDataObject(json)) {
    const map: Record<string, DataValue> = {};
    for (const [key, value] of Object.entries(json)) own(map, key, fromJson(valueSchema, value));
    return map;
  }
  if (!Array.isArray(json)) throw misfit(schema, "no map");
  return new Map(
    json.map((pair: unknown) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw misfit(schema, "no pair");
      return [fromJson(keySchema, pair[0] as DataValue), fromJson(valueSchema, pair[1] as DataValue)] as const;
    }),
  );
}

/** A field, null where it is absent: a name such as `constructor` means nothing else. */
function ownValue(object: Readonly<Record<string, DataValue>>, name: string): DataValue {
  return Object.hasOwn(object, name) ? (object[name] ?? null) : null;
}

/** Sets a property of the object's own, whatever its name. */
export function own(object: Record<string, DataValue>, name: string, value: DataValue): void {
  if (name === "__proto__")
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}

/** Beyond lies no database's number; making a BigInt of it takes time that grows with its square. */
const MAX_DECIMAL_BYTES = 65_536;

function decimalOf(schema: Schema, bytes: Uint8Array): Decimal {
  if (bytes.length > MAX_DECIMAL_BYTES) throw misfit(schema, `a decimal of ${bytes.length} bytes`);
  const hex = Buffer.from(bytes).toString("hex");
  const unscaled = hex === "" ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
  return new Decimal(unscaled, Number(schema.parameters?.["scale"] ?? 0));
}

/** Two's complement, in as few bytes as it takes. */
export function decimalBytes(unscaled: bigint): Uint8Array {
  const size = unscaled < 0n ? -1n - unscaled : unscaled;
  const length = (size === 0n ? 0 : Math.floor(size.toString(16).length / 2)) + 1;
  const enough = Buffer.from(
    BigInt.asUintN(8 * length, unscaled)
      .toString(16)
      .padStart(2 * length, "0"),
    "hex",
  );
  const spare = enough.length > 1 && BigInt.asIntN(8 * (length - 1), unscaled) === unscaled;
  return spare ? enough.subarray(1) : enough;
}

/** Whether a value without a schema is JSON as it stands: then nothing of it has to be copied. */
export function isJson(value: DataValue): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return typeof value !== "bigint";
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isJson);
  if (!isDataObject(value)) return false;
  for (const name in value) if (!isJson(value[name] ?? null)) return false;
  return true;
}

/** JSON of a value; without a schema, of what it is. */
export function toJson(schema: Schema | null, value: DataValue): unknown {
  if (value === null) return null;
  if (schema !== null && isPlain(schema) && !(value instanceof Map)) return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "object") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Decimal) return Buffer.from(decimalBytes(value.unscaled)).toString("base64");
  if (value instanceof Date) return schema?.name === DATE ? Math.floor(value.getTime() / DAY_MS) : value.getTime();
  if (Array.isArray(value)) return value.map((each: DataValue) => toJson(schema?.valueSchema ?? null, each));
  if (value instanceof Map) {
    const pairs = [...(value as ReadonlyMap<DataValue, DataValue>)].map(
      ([key, each]) => [toJson(schema?.keySchema ?? null, key), toJson(schema?.valueSchema ?? null, each)] as const,
    );
    return pairs.every(([key]) => typeof key === "string") ? Object.fromEntries(pairs) : pairs;
  }
  const object = value as Readonly<Record<string, DataValue>>;
  const json: Record<string, unknown> = {};
  if (schema?.type === "struct")
    for (const { name, schema: of } of schema.fields ?? [])
      own(json as Record<string, DataValue>, name, toJson(of, ownValue(object, name)) as DataValue);
  else
    for (const [name, each] of Object.entries(object))
      own(json as Record<string, DataValue>, name, toJson(schema?.valueSchema ?? null, each) as DataValue);
  return json;
}
