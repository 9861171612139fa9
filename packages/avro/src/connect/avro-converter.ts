import { type Converter, type EncodeContext, type Schema, TandemError } from "@tandem-cdc/core";
import { Reader } from "../reader.ts";
import type { SchemaRegistry } from "../registry.ts";
import { SchemaRefused } from "../registry-rest.ts";
import { type AvroType, parseSchema } from "../schema.ts";
import { SchemaCache } from "../schema-cache.ts";
import { HEADER_BYTES, readSchemaId } from "../wire.ts";
import type { ConnectType } from "./avro-json.ts";
import { connectType } from "./connect-type.ts";
import { deriveSchema } from "./derive.ts";
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
    prepareSchemas(items, signal) {
      const waits: Promise<void>[] = [];
      for (const { context, schema, value } of items) {
        if (schema === null || value === null) continue;
        const made = writtenAs(schema);
        if (made instanceof TandemError) continue;
        const wait = subjects.prepare(subjectOf(context), made.text, signal);
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

/** The ids of schemas under their subjects. */
class Subjects {
  readonly #registry: SchemaRegistry;
  readonly #autoRegister: boolean;
  readonly #ids = new Map<string, Map<string, number | TandemError>>();
  readonly #underway = new Map<string, Promise<void>>();

  constructor(registry: SchemaRegistry, autoRegister: boolean) {
    this.#registry = registry;
    this.#autoRegister = autoRegister;
  }

  /** Throws the reason why the records of this schema are rejected. */
  id(subject: string, text: string): number {
    const id = this.#ids.get(subject)?.get(text);
    if (id === undefined) throw new TypeError(`the schema of ${subject} is not prepared: call prepareSchemas before`);
    if (typeof id !== "number") throw id;
    return id;
  }

  /** Undefined when the id is here. What was refused is asked again: somebody may have mended it. */
  prepare(subject: string, text: string, signal: AbortSignal): Promise<void> | undefined {
    if (typeof this.#ids.get(subject)?.get(text) === "number") return undefined;
    const key = `${subject} ${text}`;
    let asked = this.#underway.get(key);
    if (asked === undefined) {
      asked = this.#ask(subject, text, signal).finally(() => this.#underway.delete(key));
      this.#underway.set(key, asked);
    }
    return asked;
  }

  async #ask(subject: string, text: string, signal: AbortSignal): Promise<void> {
    const ids = this.#ids.get(subject) ?? new Map<string, number | TandemError>();
    this.#ids.set(subject, ids);
    try {
      ids.set(
        text,
        this.#autoRegister ? await this.#registry.register(subject, text) : await this.#find(subject, text),
      );
    } catch (thrown) {
      signal.throwIfAborted();
      // The record's own fault waits for the record; the rest fails the batch.
      if (!(thrown instanceof SchemaRefused)) throw thrown;
      ids.set(text, thrown);
    }
  }

  async #find(subject: string, text: string): Promise<number> {
    const id = await this.#registry.find?.(subject, text);
    if (id !== null && id !== undefined) return id;
    throw new SchemaRefused(
      `subject ${subject} does not have the schema that a record is to be written with, and it must not be registered ` +
        `(autoRegister is false): register it, or the records are rejected. The schema: ${text.slice(0, 2_000)}`,
    );
  }
}
