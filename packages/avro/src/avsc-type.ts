import avsc from "avsc";
import type { RegisteredSchema } from "./registry.ts";

// `__with` stands in the class, though the typings do not say what it takes.
const { LongType } = avsc.types as unknown as {
  readonly LongType: { __with(methods: Readonly<Record<string, unknown>>): avsc.Type };
};

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** avsc's own type has no longs beyond 2^53. */
const longOf = (numbers: boolean): avsc.Type =>
  LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (value: bigint | number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(value));
      return bytes;
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) =>
      typeof value === "bigint" ? value >= MIN && value <= MAX : numbers && Number.isSafeInteger(value),
    compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
  });

const long = longOf(true);
/** Beside an int or a double a number is not a long. */
const longBesideNumbers = longOf(false);

/** A long stands in a schema by its name, or as an object with attributes: a registered type would only see the first. */
const nameOf = (schema: unknown): unknown =>
  typeof schema === "object" && schema !== null && "type" in schema ? schema.type : schema;
const isLong = (schema: unknown): boolean => nameOf(schema) === "long";
const isNumber = (schema: unknown): boolean => ["int", "float", "double"].includes(nameOf(schema) as string);

/** avsc's type of a schema, for encoding. */
export function avscType({ text, referenced }: RegisteredSchema): avsc.Type {
  const registry: Record<string, avsc.Type> = {};
  const typeHook = (schema: unknown, options: unknown): avsc.Type | undefined => {
    if (isLong(schema)) return long;
    if (!Array.isArray(schema) || !schema.some(isLong) || !schema.some(isNumber)) return undefined;
    const branches = schema.map((branch: unknown) => (isLong(branch) ? longBesideNumbers : branch));
    return avsc.Type.forSchema(branches as avsc.Schema, options as object);
  };
  const parse = (json: string): avsc.Type =>
    avsc.Type.forSchema(JSON.parse(json) as avsc.Schema, { registry, typeHook, omitRecordMethods: true });
  for (const one of referenced) parse(one);
  return parse(text);
}

/** Where in the value the first thing lies that does not fit; empty where avsc cannot tell. */
export function misfit(type: avsc.Type, value: unknown): string {
  let found = "";
  const errorHook = (path: string[], _: unknown, expected: avsc.Type): void => {
    found ||= `${path.join(".") || "the value"} is no ${expected.typeName.replace("abstract:", "")}`;
  };
  try {
    type.isValid(value, { errorHook });
  } catch {
    // It has said what it could.
  }
  return found;
}
