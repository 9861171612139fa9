import { type Converter, type EncodeContext, type Schema, TandemError } from "@tandem-cdc/core";
import { Reader } from "../reader.ts";
import type { SchemaRegistry } from "../registry.ts";
import { type AvroType, parseSchema } from "../schema.ts";
import { SchemaCache } from "../schema-cache.ts";
import { HEADER_BYTES, readSchemaId } from "../wire.ts";
import type { ConnectType } from "./avro-json.ts";
import { connectType } from "./connect-type.ts";
import { deriveSchema } from "./derive.ts";
import { Subjects } from "./subjects.ts";
import { Writer } from "./writer.ts";

export interface AvroConverterOptions {
  readonly registry: SchemaRegistry;
  /** Registers the schemas of what transforms made. Default true; false only looks them up, and refuses what is not there. */
  readonly autoRegister?: boolean;
}

/** How values of a schema are written. */
interface Written {
  readonly text: string;
  readonly type: ConnectType;
}

interface Read {
  readonly avro: AvroType;
  readonly connect: ConnectType;
}

/**
 * Connect's Avro converter, by the rules of Confluent's AvroData, in Confluent's wire format. A schema that no transform
 * changed is written as it was read; the others are derived. Either is registered under `<topic>-key` or `<topic>-value`
 * before the first value is written, once for each schema and subject.
 */
export function avroConverter({ autoRegister = true, registry }: AvroConverterOptions): Converter {
  if (!autoRegister && registry.find === undefined)
    throw new TypeError("avroConverter with autoRegister: false needs a registry that has `find`");
  const reader = new Reader();
  const writer = new Writer();
  const written = new WeakMap<Schema, Written | TandemError>();
  const subjects = new Subjects(registry, autoRegister);

  const known = new SchemaCache<Read>(registry, ({ referenced, text, type }) => {
    const connect = connectType(text, referenced);
    // What refers to other schemas cannot stand under another subject as it is.
    if (referenced.length === 0) written.set(connect.schema, { text, type: connect });
    return { avro: type, connect };
  });

  const writtenAs = (schema: Schema): Written | TandemError => {
    let made = written.get(schema);
    if (made === undefined) written.set(schema, (made = derived(schema)));
    return made;
  };

  return {
    name: "avro",
    prepare: (payloads, signal) => known.prepare(payloads.length, (i) => payloads[i] ?? null, signal),
    toConnectData(payload) {
      if (payload === null) return { schema: null, value: null };
      const { avro, connect } = known.get(readSchemaId(payload));
      reader.start(payload, HEADER_BYTES);
      // First without making anything: what does not fit its schema must not cost memory.
      reader.skip(avro, 0);
      reader.end();
      reader.start(payload, HEADER_BYTES);
      return { schema: connect.schema, value: connect.read(reader) };
    },
    prepareSchemas(items) {
      const waits: Promise<void>[] = [];
      for (const { context, schema, value } of items) {
        if (schema === null || value === null) continue;
        const made = writtenAs(schema);
        if (made instanceof TandemError) continue;
        const wait = subjects.prepare(subjectOf(context), made.text);
        if (wait !== undefined) waits.push(wait);
      }
      return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
    },
    fromConnectData({ schema, value }, context) {
      if (value === null) return null;
      if (schema === null) throw schemaless(context);
      const made = writtenAs(schema);
      if (made instanceof TandemError) throw made;
      writer.start(subjects.id(subjectOf(context), made.text));
      made.type.write(writer, value, `the ${context.part}`);
      return writer.finish();
    },
  };
}

const subjectOf = ({ part, topic }: EncodeContext): string => `${topic}-${part}`;

function derived(schema: Schema): Written | TandemError {
  try {
    const text = deriveSchema(schema);
    parseSchema(JSON.parse(text));
    return { text, type: connectType(text) };
  } catch (thrown) {
    if (thrown instanceof TandemError) return thrown;
    throw thrown;
  }
}

function schemaless({ part }: EncodeContext): TandemError {
  return new TandemError(
    "RECORD_MALFORMED",
    `the ${part} has no schema, and Avro cannot be written without: give \`${part}Schema\` with it`,
  );
}
