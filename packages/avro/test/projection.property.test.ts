import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { avroFormat } from "../src/index.ts";
import {
  branchesOf,
  branchName,
  kindOf,
  objectOf,
  plain,
  recordSchemas,
  type Schema,
  schemas,
  unwrapped,
  valuesOf,
} from "./arbitrary.ts";
import { avscType } from "./bigint-long.ts";
import { comparable } from "./comparable.ts";
import { payloadOf, prepared, projected } from "./payloads.ts";
import { stubRegistry } from "./stub-registry.ts";

const withValues = (of: fc.Arbitrary<Schema>): fc.Arbitrary<{ schema: Schema; value: unknown }> =>
  of.chain((schema) => valuesOf(schema).map((value) => ({ schema, value })));

/** Every path into the value, with the schema and the value that lie there; unions are passed through. */
function* places(schema: Schema, value: unknown, path: readonly string[] = []): Generator<[string, Schema, unknown]> {
  if (Array.isArray(schema)) {
    if (value === null) yield [path.join("."), "null", null];
    else yield* places(...unwrapped(schema, value), path);
    return;
  }
  yield [path.join("."), schema, value];
  const { values = "null", fields = [] } = objectOf(schema);
  if (kindOf(schema) === "map")
    for (const [key, one] of Object.entries(value as object)) yield* places(values, one, [...path, key]);
  if (kindOf(schema) === "record")
    for (const { name, type } of fields) yield* places(type, (value as Record<string, unknown>)[name], [...path, name]);
}

const safely = <T>(read: () => T): T | "refused" => {
  try {
    return read();
  } catch {
    return "refused";
  }
};

const textOf = (schema: Schema, value: unknown): string | null => {
  if (value === null) return null;
  return ["string", "enum", "int", "long"].includes(kindOf(schema)) ? `${value as string | bigint}` : "refused";
};

const integerOf = (schema: Schema, value: unknown): number | null | "refused" => {
  if (value === null) return null;
  if (kindOf(schema) !== "int" && kindOf(schema) !== "long") return "refused";
  return Number.isSafeInteger(Number(value)) ? Number(value) : "refused";
};

describe("a projection, against avsc's full decode", () => {
  it("finds the values at all paths", async () => {
    await fc.assert(
      fc.asyncProperty(withValues(recordSchemas), async ({ schema, value }) => {
        const type = avscType(schema, "always");
        const wanted = [...places(schema, type.fromBuffer(type.toBuffer(value)))];
        const projection = await projected(schema, value, [...wanted.map(([path]) => path), "nowhere", "a.b.nowhere"]);
        for (const [n, [path, inner, found]] of wanted.entries()) {
          expect(projection.has(n), path).toBe(found !== null);
          expect(
            safely(() => projection.text(n)),
            path,
          ).toBe(textOf(inner, found));
          expect(
            safely(() => projection.integer(n)),
            path,
          ).toBe(integerOf(inner, found));
        }
        expect(projection.has(wanted.length)).toBe(false);
        expect(projection.text(wanted.length + 1)).toBeNull();
      }),
      { numRuns: 400, seed: 11 },
    );
  });
});

/** The same values under another schema: other names and order of fields, wrapped, widened, with columns more. */
function rewritten(schema: Schema, value: unknown, turn: number): { schema: Schema; value: unknown } {
  if (Array.isArray(schema)) {
    const written = branchesOf(schema).map((branch) => rewritten(branch, sampleOf(branch, value), turn).schema);
    if (value === null || value === undefined) return { schema: written, value };
    const [branch, inner] = unwrapped(schema, value);
    const b = branchesOf(schema).indexOf(branch);
    return { schema: written, value: { [branchName(written[b] ?? "")]: rewritten(branch, inner, turn).value } };
  }
  const { fields = [], ...rest } = objectOf(schema);
  const name = rest.name === undefined ? {} : { name: `Other${rest.name}`, doc: "another" };
  if (kindOf(schema) === "record") {
    const inner = fields.map(({ name, type }) => {
      const { schema, value: own } = rewritten(type, (value as Record<string, unknown> | undefined)?.[name], turn);
      return { name, schema, value: own };
    });
    const turned = [
      ...inner.slice(turn % (inner.length || 1)),
      ...inner.slice(0, turn % (inner.length || 1)),
    ].reverse();
    const nullable = turned.map(({ name, schema, value }) =>
      kindOf(schema) === "union" || schema === "null"
        ? { name, schema, value }
        : {
            name,
            schema: turn % 2 === 0 ? ["null", schema] : [schema, "null"],
            value: { [branchName(schema)]: value },
          },
    );
    return {
      schema: {
        ...rest,
        ...name,
        fields: [
          { name: "added", type: ["null", "long"] },
          ...nullable.map(({ name, schema }) => ({ name, type: schema })),
        ],
      },
      value: { added: null, ...Object.fromEntries(nullable.map(({ name, value }) => [name, value])) },
    };
  }
  if (schema === "int") return { schema: "long", value: value === undefined ? value : BigInt(value as number) };
  if (schema === "float") return { schema: "double", value };
  if (kindOf(schema) === "enum") return { schema: "string", value };
  return { schema: typeof schema === "string" ? schema : { ...objectOf(schema), ...name }, value };
}

/** The wrapped value of this branch, if it is the one. */
function sampleOf(branch: Schema, value: unknown): unknown {
  const [name, inner] = value === null || value === undefined ? [] : (Object.entries(value)[0] ?? []);
  return name === branchName(branch) ? inner : undefined;
}

/** Without lists and maps, whose items `rewritten` would have to go through, and without unions that it would make equal. */
const flatRecords = recordSchemas.filter((schema) => !/"(array|map|enum|int|float)"/.test(JSON.stringify(schema)));

async function canonicalOf(schema: unknown, value: unknown): Promise<string> {
  const bytes = (await projected(schema, value, [""])).canonical(0);
  return bytes === null ? "null" : Buffer.from(bytes).toString("hex");
}

describe("the canonical form", () => {
  it("is equal exactly when the values are, under one schema", async () => {
    const pairs = schemas.chain((schema) => fc.tuple(fc.constant(schema), valuesOf(schema), valuesOf(schema)));
    await fc.assert(
      fc.asyncProperty(pairs, async ([schema, one, other]) => {
        const equal = (await canonicalOf(schema, one)) === (await canonicalOf(schema, other));
        expect(equal).toBe(comparable(schema, one) === comparable(schema, other));
      }),
      { numRuns: 600, seed: 12 },
    );
  });

  it("is equal exactly when the values are, under any two schemas", async () => {
    const small = schemas.chain((schema) => valuesOf(schema).map((value) => ({ schema, value })));
    const seen = new Map<string, string>();
    const texts = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(small, async ({ schema, value }) => {
        const [bytes, text] = [await canonicalOf(schema, value), comparable(schema, value)];
        expect(seen.get(text) ?? bytes).toBe(bytes);
        expect(texts.get(bytes) ?? text).toBe(text);
        seen.set(text, bytes);
        texts.set(bytes, text);
      }),
      { numRuns: 1_500, seed: 13 },
    );
    expect(seen.size).toBeGreaterThan(500);
  });

  it("does not see the names, order and nullability of fields, nor columns that are null", async () => {
    await fc.assert(
      fc.asyncProperty(withValues(flatRecords), fc.nat({ max: 5 }), async ({ schema, value }, turn) => {
        const other = rewritten(schema, value, turn);
        expect(plain(other.schema, other.value)).toMatchObject(plain(schema, value) as object);
        expect(await canonicalOf(other.schema, other.value)).toBe(await canonicalOf(schema, value));
      }),
      { numRuns: 300, seed: 14 },
    );
  });

  it("leaves out what it is told to", async () => {
    await fc.assert(
      fc.asyncProperty(withValues(recordSchemas), async ({ schema, value }) => {
        const names = objectOf(schema).fields?.map(({ name }) => name) ?? [];
        const [left = ""] = names;
        const without = { ...objectOf(schema), fields: objectOf(schema).fields?.slice(1) ?? [] };
        const cut = await projected(schema, value, [""], { except: [left] });
        const bytes = cut.canonical(0) as Uint8Array;
        expect(Buffer.from(bytes).toString("hex")).toBe(await canonicalOf(without, value));
        expect(Buffer.from(cut.bytes(0) as Uint8Array).toString("hex")).toBe(await canonicalOf(schema, value));
      }),
      { numRuns: 200, seed: 15 },
    );
  });

  it("does not see the schema's id", async () => {
    const schema = { type: "record", name: "R", fields: [{ name: "a", type: "long" }] };
    const payloads = [1, 2].map((id) => payloadOf(schema, { a: 5n }, id));
    const projection = await prepared(avroFormat({ registry: stubRegistry({ 1: schema, 2: schema }) }), [""], payloads);
    const [one, other] = payloads.map((payload) => {
      projection.read(payload);
      return Buffer.from(projection.canonical(0) ?? []).toString("hex");
    });
    expect(one).toBe(other);
  });
});
