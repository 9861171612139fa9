import { TandemError } from "@tandem-cdc/core";
import { parseSchema, type SchemaRegistry } from "../src/index.ts";

export interface MemoryRegistry extends SchemaRegistry {
  find(subject: string, schema: unknown): Promise<number | null>;
  readonly texts: ReadonlyMap<number, string>;
  /** The subjects of all that was to be registered. */
  readonly asked: readonly string[];
}

/** A registry in memory that takes every schema. Equal ones have one id. */
export function memoryRegistry(schemas: Readonly<Record<number, unknown>> = {}): MemoryRegistry {
  const texts = new Map(Object.entries(schemas).map(([id, schema]) => [Number(id), JSON.stringify(schema)]));
  const subjects = new Map<string, Set<number>>();
  const asked: string[] = [];
  const textOf = (schema: unknown): string => (typeof schema === "string" ? schema : JSON.stringify(schema));
  const idOf = (text: string): number | undefined => [...texts].find(([, known]) => known === text)?.[0];
  return {
    texts,
    asked,
    schema(id) {
      const text = texts.get(id);
      return text === undefined
        ? Promise.reject(new TandemError("RECORD_SCHEMA_UNKNOWN", `no schema ${id}`))
        : Promise.resolve().then(() => ({ id, text, referenced: [], type: parseSchema(JSON.parse(text)) }));
    },
    async register(subject, schema) {
      asked.push(subject);
      const text = textOf(schema);
      const id = idOf(text) ?? 1_000 + texts.size;
      texts.set(id, text);
      subjects.set(subject, (subjects.get(subject) ?? new Set()).add(id));
      return id;
    },
    async find(subject, schema) {
      const id = idOf(textOf(schema));
      return id !== undefined && subjects.get(subject)?.has(id) === true ? id : null;
    },
    subjects: async () => [...subjects.keys()],
    close: () => {},
  };
}
