import { TandemError } from "@tandem-cdc/core";
import { parseSchema, type SchemaRegistry } from "../src/index.ts";

/** A registry in memory: the schemas by their ids. */
export function stubRegistry(schemas: Readonly<Record<number, unknown>>): SchemaRegistry {
  return {
    schema(id) {
      const schema = schemas[id];
      return schema === undefined
        ? Promise.reject(new TandemError("RECORD_SCHEMA_UNKNOWN", `no schema ${id}`))
        : Promise.resolve({ id, text: JSON.stringify(schema), referenced: [], type: parseSchema(schema) });
    },
    register: () => Promise.reject(new Error("a stub registers nothing")),
    subjects: () => Promise.resolve([]),
    close: () => {},
  };
}
