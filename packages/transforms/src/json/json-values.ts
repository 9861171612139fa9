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
  for (const field of schema.fields ?? []) own(struct, field.name, fromJson(field.schema, json[field.name] ?? null));
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

/** Sets a property of the object's own, whatever its name. */
export function own(object: Record<string, DataValue>, name: string, value: DataValue): void {
  if (name === "__proto__")
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}

function decimalOf({ parameters }: Schema, bytes: Uint8Array): Decimal {
  let unscaled = 0n;
  for (const byte of bytes) unscaled = (unscaled << 8n) | BigInt(byte);
  if (bytes.length > 0) unscaled = BigInt.asIntN(bytes.length * 8, unscaled);
  return new Decimal(unscaled, Number(parameters?.["scale"] ?? 0));
}

/** Two's complement, as few bytes as it takes. */
export function decimalBytes(unscaled: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = unscaled; ; rest >>= 8n) {
    const byte = Number(rest & 0xffn);
    bytes.unshift(byte);
    const sign = (byte & 0x80) !== 0;
    if ((rest >> 8n === 0n && !sign) || (rest >> 8n === -1n && sign)) return Uint8Array.from(bytes);
  }
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
      own(json as Record<string, DataValue>, name, toJson(of, object[name] ?? null) as DataValue);
  else
    for (const [name, each] of Object.entries(object))
      own(json as Record<string, DataValue>, name, toJson(schema?.valueSchema ?? null, each) as DataValue);
  return json;
}
