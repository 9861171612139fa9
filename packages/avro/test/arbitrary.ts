import fc from "fast-check";

/** Random schemas, as JSON; every named type has a name of its own. */
export type Schema = string | readonly Schema[] | SchemaObject;
export interface SchemaObject {
  readonly type: string;
  readonly name?: string;
  readonly symbols?: readonly string[];
  readonly size?: number;
  readonly items?: Schema;
  readonly values?: Schema;
  readonly fields?: readonly { readonly name: string; readonly type: Schema }[];
}

export const kindOf = (schema: Schema): string =>
  typeof schema === "string" ? schema : Array.isArray(schema) ? "union" : (schema as SchemaObject).type;
export const branchesOf = (schema: Schema): readonly Schema[] => schema as readonly Schema[];
export const objectOf = (schema: Schema): SchemaObject => schema as SchemaObject;

/** What avsc calls a union's branch. */
export const branchName = (schema: Schema): string =>
  typeof schema === "string" ? schema : (objectOf(schema).name ?? objectOf(schema).type);

/** Of a wrapped value that is not null: its branch, and itself. */
export function unwrapped(schema: Schema, value: unknown): readonly [Schema, unknown] {
  const [name, inner] = Object.entries(value as object)[0] as [string, unknown];
  return [branchesOf(schema).find((branch) => branchName(branch) === name) as Schema, inner];
}

export const FIELD_NAMES = ["a", "b", "c", "d", "e"];

const PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

const { tree } = fc.letrec<{ tree: Schema; flat: Schema }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("flat"),
    fc.array(tie("flat"), { minLength: 1, maxLength: 3 }),
  ),
  flat: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Schema>(...PRIMITIVES),
    fc.constant<Schema>({ type: "enum", symbols: ["A", "B", "C"] }),
    fc.constant<Schema>({ type: "fixed", size: 3 }),
    tie("tree").map((items): Schema => ({ type: "array", items })),
    tie("tree").map((values): Schema => ({ type: "map", values })),
    fc.array(tie("tree"), { maxLength: 5 }).map((types): Schema => ({
      type: "record",
      fields: types.map((type, i) => ({ name: FIELD_NAMES[i] ?? "", type })),
    })),
  ),
}));

const NAMED = ["record", "enum", "fixed"];

/** Gives names, and unions the branches that may stand beside each other. */
function completed(schema: Schema, name: () => string): Schema {
  if (typeof schema === "string") return schema;
  if (Array.isArray(schema)) {
    const kinds = branchesOf(schema).map(kindOf);
    const branches = branchesOf(schema).filter(
      (_, b) => NAMED.includes(kinds[b] ?? "") || kinds.indexOf(kinds[b] ?? "") === b,
    );
    return branches.map((branch) => completed(branch, name));
  }
  const { items, values, fields, ...rest } = objectOf(schema);
  return {
    ...rest,
    ...(NAMED.includes(rest.type) ? { name: name() } : {}),
    ...(items === undefined ? {} : { items: completed(items, name) }),
    ...(values === undefined ? {} : { values: completed(values, name) }),
    ...(fields === undefined
      ? {}
      : { fields: fields.map((field) => ({ name: field.name, type: completed(field.type, name) })) }),
  };
}

export const schemas: fc.Arbitrary<Schema> = tree.map((schema) => {
  let n = 0;
  return completed(schema, () => `N${n++}`);
});

/** A record at the root, as in every event. */
export const recordSchemas: fc.Arbitrary<Schema> = fc.array(tree, { minLength: 1, maxLength: 5 }).map((types) => {
  let n = 0;
  const fields = types.map((type, i) => ({ name: FIELD_NAMES[i] ?? "", type }));
  return completed({ type: "record", fields }, () => `N${n++}`);
});

const LONG = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer({ min: -100, max: 100 }).map(BigInt),
  fc.constantFrom(2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), 1n - 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)),
);
const BYTES = fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.uint8Array({ minLength: 60, maxLength: 90 }));
const TEXT = fc.oneof(fc.string({ maxLength: 4 }), fc.string({ unit: "grapheme", minLength: 60, maxLength: 90 }));

const LEAVES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  int: fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 })),
  long: LONG,
  float: fc.float({ noNaN: true }),
  double: fc.double({ noNaN: true }),
  bytes: BYTES.map((bytes) => Buffer.from(bytes)),
  string: TEXT,
};

/** Values of a schema as avsc takes them, with every union wrapped. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (Array.isArray(schema)) {
    return fc.oneof(
      ...branchesOf(schema).map((branch) =>
        valuesOf(branch).map((value) => (value === null ? null : { [branchName(branch)]: value })),
      ),
    );
  }
  const { symbols = [], size = 0, items = "null", values = "null", fields = [] } = objectOf(schema);
  switch (kindOf(schema)) {
    case "enum":
      return fc.constantFrom(...symbols);
    case "fixed":
      return fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes));
    case "array":
      return fc.array(valuesOf(items), { maxLength: 4 });
    case "map":
      return fc.dictionary(fc.constantFrom(...FIELD_NAMES), valuesOf(values), { maxKeys: 4, noNullPrototype: true });
    case "record":
      return fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, valuesOf(type)])), {
        noNullPrototype: true,
      });
    default:
      return LEAVES[kindOf(schema)] ?? fc.constant(null);
  }
}

/** The value without what only its schema says: the branches of unions, enums' and records' types. */
export function plain(schema: Schema, value: unknown): unknown {
  if (value === null) return null;
  if (Array.isArray(schema)) {
    return plain(...unwrapped(schema, value));
  }
  const { items = "null", values = "null", fields = [] } = objectOf(schema);
  const entries = (of: unknown): [string, unknown][] => Object.entries(of as object);
  switch (kindOf(schema)) {
    case "array":
      return (value as unknown[]).map((item) => plain(items, item));
    case "map":
      return Object.fromEntries(entries(value).map(([key, one]) => [key, plain(values, one)]));
    case "record":
      return Object.fromEntries(
        fields.map(({ name, type }) => [name, plain(type, (value as Record<string, unknown>)[name])]),
      );
    default:
      return value;
  }
}
