import { asError, type Codec, type PayloadContext, TandemError } from "@tandem-cdc/core";
import type avsc from "avsc";
import { avscType, misfit } from "./avsc-type.ts";
import { decode, type DecodeOptions } from "./decode.ts";
import { Reader } from "./reader.ts";
import type { SchemaReference, SchemaRegistry } from "./registry.ts";
import type { AvroType } from "./schema.ts";
import { SchemaCache } from "./schema-cache.ts";
import { framed, HEADER_BYTES, readSchemaId } from "./wire.ts";

export interface AvroCodecOptions extends Partial<DecodeOptions> {
  readonly registry: SchemaRegistry;
  /** The id of the schema that `encode` writes with; `prepareIds` or `register` has to have seen it. */
  readonly outputId?: (context: PayloadContext) => number;
}

/** Avro in Confluent's wire format, decoded and encoded whole. */
export interface AvroCodec extends Codec {
  /** Fetches the schemas of payloads before they are decoded; undefined when all are here. */
  prepare(payloads: readonly (Uint8Array | null)[], signal?: AbortSignal): Promise<void> | undefined;
  /** The same for ids: those of schemas to encode with. */
  prepareIds(ids: readonly number[], signal?: AbortSignal): Promise<void> | undefined;
  /** Registers a schema under a subject (`<topic>-key`, `<topic>-value`), ready to encode with; returns its id. */
  register(subject: string, schema: unknown, references?: readonly SchemaReference[]): Promise<number>;
  /** The writer's schema of a payload that `prepare` has seen. */
  typeOf(payload: Uint8Array): AvroType;
  /** A value as `decode` gives it with `semantics: false`; longs may be BigInts or safe integers. */
  encodeAs(schemaId: number, value: unknown): Uint8Array;
}

interface Known {
  readonly type: AvroType;
  /** Made when the first value is encoded: avsc is stricter with schemas than reading has to be. */
  readonly writer: () => avsc.Type;
}

/**
 * Decoding is done by the bounded reader, so that hostile payloads cost no more than their length; encoding is avsc's.
 * Defaults: longs as BigInts, semantic types as they are stored.
 */
export function avroCodec({ registry, longs = "bigint", semantics = false, outputId }: AvroCodecOptions): AvroCodec {
  const reader = new Reader();
  const known = new SchemaCache<Known>(registry, (schema) => {
    let writer: avsc.Type | undefined;
    return { type: schema.type, writer: () => (writer ??= avscType(schema)) };
  });
  const codec: AvroCodec = {
    name: "avro",
    prepare: (payloads, signal) => known.prepare(payloads.length, (i) => payloads[i] ?? null, signal),
    prepareIds: (ids, signal) => known.prepareIds(ids, signal),
    async register(subject, schema, references) {
      const id = await registry.register(subject, schema, references);
      await known.prepareIds([id]);
      return id;
    },
    typeOf: (payload) => known.get(readSchemaId(payload)).type,
    decode(payload) {
      const { type } = known.get(readSchemaId(payload));
      reader.start(payload, HEADER_BYTES);
      // First without making anything: what does not fit its schema must not cost memory.
      reader.skip(type, 0);
      reader.end();
      reader.start(payload, HEADER_BYTES);
      return decode(type, reader, { longs, semantics });
    },
    encodeAs(schemaId, value) {
      const type = known.get(schemaId).writer();
      try {
        return framed(schemaId, type.toBuffer(value));
      } catch (cause) {
        const why = misfit(type, value) || asError(cause).message;
        throw new TandemError("RECORD_MALFORMED", `the value does not fit schema ${schemaId}: ${why}`, { cause });
      }
    },
    encode(value, context) {
      if (outputId === undefined)
        throw new TandemError(
          "CONFIG_INVALID",
          "avroCodec encodes with `outputId`: say which schema a topic is written with",
        );
      return codec.encodeAs(outputId(context), value);
    },
  };
  return codec;
}
