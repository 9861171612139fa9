import avsc from "avsc";

type Methods = Readonly<Record<string, unknown>>;
// `__with` is on the class, though the typings do not say what it takes.
const { LongType } = avsc.types as unknown as { LongType: { __with(methods: Methods): avsc.Type } };

/** avsc's own remedy for longs beyond 2^53. */
export const bigintLong: avsc.Type = LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === "bigint",
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** A long may stand in a schema by its name, or as an object with attributes. */
const isLong = (schema: unknown): boolean =>
  schema === "long" || (schema as { readonly type?: unknown } | undefined)?.type === "long";

export function avscType(schema: unknown, wrapUnions: "auto" | "always" = "auto"): avsc.Type {
  const typeHook = (inner: unknown): avsc.Type | undefined => (isLong(inner) ? bigintLong : undefined);
  return avsc.Type.forSchema(schema as avsc.Schema, { typeHook, wrapUnions });
}
