import { TandemError } from "@tandem-cdc/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { avroCodec, avroFormat, framed } from "../src/index.ts";
import { FIELD_NAMES, type Schema, schemas, valuesOf } from "./arbitrary.ts";
import { avscType } from "./bigint-long.ts";
import { change, ENVELOPE, IDENTITY_FIELDS } from "./envelope.ts";
import { batchWith, payloadOf } from "./payloads.ts";
import { stubRegistry } from "./stub-registry.ts";

const context = { topic: "t", part: "value" } as const;
const signal = new AbortController().signal;

/** Reads a payload in every way that there is; anything but a TandemError fails the test. */
async function readers(schema: unknown, fields: readonly string[]): Promise<(payload: Uint8Array) => void> {
  const registry = stubRegistry({ 1: schema });
  const projection = avroFormat({ registry }).project("value", fields, { except: ["a.b", "c"] });
  await projection.prepare?.(batchWith(payloadOf("null", null)), signal);
  const codec = avroCodec({ registry, semantics: true });
  await codec.prepareIds([1]);
  return (payload) => {
    const safely = (read: () => unknown): void => {
      try {
        read();
      } catch (error) {
        if (!(error instanceof TandemError)) throw error;
        expect(error.code).toMatch(/^RECORD_/);
      }
    };
    safely(() => {
      projection.read(payload);
      for (const field of fields.keys())
        for (const read of ["text", "integer", "bytes", "canonical"] as const) safely(() => projection[read](field));
    });
    safely(() => codec.decode(payload, context));
  };
}

/** Bytes that decoders stumble over: ends of varints, huge counts, negative ones. */
const NASTY = ["00", "01", "02", "7f", "80", "ff", "feffffffffffffffff01", "ffffffffffffffffff01", "808080808040"].map(
  (text) => Buffer.from(text, "hex"),
);

/** A payload with some of its bytes replaced, removed or put in. */
const mutated = (payload: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .array(
      fc.tuple(
        fc.nat({ max: payload.length }),
        fc.nat({ max: 3 }),
        fc.oneof(fc.constantFrom(...NASTY), fc.uint8Array({ maxLength: 3 })),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((edits) =>
      edits.reduce<Uint8Array>((bytes, [at, removed, put]) => {
        const from = Math.max(5, at);
        return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + removed)]);
      }, payload),
    );

const paths = ["", ...FIELD_NAMES, "a.a", "a.b", "b.a.c"];

it("random bytes under random schemas: only what a record is rejected for", async () => {
  const samples = schemas.chain((schema) =>
    fc.tuple(
      fc.constant<Schema>(schema),
      fc.array(fc.array(fc.oneof(fc.constantFrom(...NASTY), fc.uint8Array({ maxLength: 8 })), { maxLength: 8 }), {
        minLength: 5,
        maxLength: 5,
      }),
    ),
  );
  await fc.assert(
    fc.asyncProperty(samples, async ([schema, bodies]) => {
      const read = await readers(schema, paths);
      for (const body of bodies) read(framed(1, Buffer.concat(body)));
    }),
    { numRuns: 400, seed: 5 },
  );
});

it("changed payloads under random schemas: only what a record is rejected for", async () => {
  const samples = schemas.chain((schema) =>
    valuesOf(schema).chain((value) => {
      const payload = payloadOf(schema, value);
      return fc.tuple(fc.constant<Schema>(schema), fc.array(mutated(payload), { minLength: 5, maxLength: 5 }));
    }),
  );
  await fc.assert(
    fc.asyncProperty(samples, async ([schema, payloads]) => {
      const read = await readers(schema, paths);
      for (const payload of payloads) read(payload);
    }),
    { numRuns: 400, seed: 6 },
  );
});

it("changed events of Debezium: only what a record is rejected for", async () => {
  const read = await readers(ENVELOPE, ["", ...IDENTITY_FIELDS]);
  const payload = framed(1, avscType(ENVELOPE).toBuffer(change(1)));
  fc.assert(fc.property(mutated(payload), read), { numRuns: 3_000, seed: 7 });
});

it("six bytes that ask for billions of items cost neither memory nor time", async () => {
  const items: readonly unknown[] = ["null", "long", "string", { type: "record", name: "E", fields: [] }];
  const before = process.memoryUsage().heapUsed;
  for (const type of ["array", "map"])
    for (const item of items) {
      const read = await readers({ type, [type === "array" ? "items" : "values"]: item }, [""]);
      for (const body of NASTY) read(framed(1, body));
    }
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50 << 20);
});
