import { TandemError } from "@tandem-cdc/core";
import type { RegisteredSchema, SchemaRegistry } from "./registry.ts";
import { isFramed, schemaIdOf } from "./wire.ts";

/** Asks that are under way at one time: unknown ids come one by one, a flood of them is somebody's fault. */
const AT_ONCE = 8;

/** How many ids that have no schema are remembered before all of them are forgotten. */
const MAX_REFUSED = 10_000;

/** What a reader made of each schema that it met: at hand without waiting, once `prepare` has seen the id. */
export class SchemaCache<T> {
  readonly #registry: SchemaRegistry;
  readonly #make: (schema: RegisteredSchema) => T;
  readonly #made = new Map<number, T>();
  readonly #refused = new Map<number, TandemError>();
  #lastId = -1;
  #last: T | undefined;

  constructor(registry: SchemaRegistry, make: (schema: RegisteredSchema) => T) {
    this.#registry = registry;
    this.#make = make;
  }

  /** Throws the reason why the records of this schema are rejected. */
  get(id: number): T {
    if (id === this.#lastId && this.#last !== undefined) return this.#last;
    const made = this.#made.get(id);
    if (made === undefined) throw this.#refused.get(id) ?? unprepared(id);
    this.#lastId = id;
    this.#last = made;
    return made;
  }

  /** Fetches the schemas of payloads that are met for the first time; undefined when all are here. */
  prepare(
    count: number,
    payload: (i: number) => Uint8Array | null,
    signal: AbortSignal | undefined,
  ): Promise<void> | undefined {
    let last = this.#lastId;
    let unknown: Set<number> | undefined;
    for (let i = 0; i < count; i++) {
      const bytes = payload(i);
      if (bytes === null || !isFramed(bytes)) continue;
      const id = schemaIdOf(bytes);
      if (id === last) continue;
      last = id;
      if (!this.#made.has(id)) (unknown ??= new Set()).add(id);
    }
    return unknown === undefined ? undefined : this.#fetch([...unknown], signal);
  }

  /** The same for ids. */
  prepareIds(ids: readonly number[], signal?: AbortSignal): Promise<void> | undefined {
    const unknown = ids.filter((id) => !this.#made.has(id));
    return unknown.length === 0 ? undefined : this.#fetch(unknown, signal);
  }

  async #fetch(ids: number[], signal: AbortSignal | undefined): Promise<void> {
    if (this.#refused.size + ids.length > MAX_REFUSED) this.#refused.clear();
    const one = async (): Promise<void> => {
      try {
        for (let id = ids.pop(); id !== undefined; id = ids.pop()) await this.#fetchOne(id, signal);
      } finally {
        // The first failure fails them all: the rest need not be asked.
        ids.length = 0;
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, ids.length) }, one));
  }

  async #fetchOne(id: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      this.#made.set(id, this.#make(await this.#registry.schema(id, signal)));
      this.#refused.delete(id);
    } catch (error) {
      // Only what is the record's own fault waits for the record; the rest fails the batch.
      if (!(error instanceof TandemError) || !error.code.startsWith("RECORD_")) throw error;
      this.#refused.set(id, error);
    }
  }
}

function unprepared(id: number): TandemError {
  return new TandemError(
    "RECORD_SCHEMA_UNKNOWN",
    `schema ${id} has not been fetched: call prepare with the batch before its records are read`,
  );
}
