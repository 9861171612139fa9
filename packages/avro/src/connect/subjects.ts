import type { TandemError } from "@tandem-cdc/core";
import type { SchemaRegistry } from "../registry.ts";
import { SchemaRefused } from "../registry-rest.ts";

/** The ids of schemas under their subjects. */
export class Subjects {
  readonly #registry: SchemaRegistry;
  readonly #autoRegister: boolean;
  readonly #ids = new Map<string, Map<string, number | TandemError>>();
  readonly #underway = new Map<string, Promise<void>>();
  /** Of each subject the last that was asked. */
  readonly #turns = new Map<string, Promise<void>>();

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

  /**
   * Undefined when the id is here. What was refused is asked again: somebody may have mended it. Lanes share an answer, so
   * the end of one does not end the asking.
   */
  prepare(subject: string, text: string): Promise<void> | undefined {
    if (typeof this.#ids.get(subject)?.get(text) === "number") return undefined;
    const key = `${subject} ${text}`;
    let asked = this.#underway.get(key);
    if (asked === undefined) {
      asked = this.#inTurn(subject, () => this.#ask(subject, text)).finally(() => this.#underway.delete(key));
      this.#underway.set(key, asked);
    }
    return asked;
  }

  /** One after the other: versions are in the order of records, and some registries refuse two at once. */
  #inTurn(subject: string, ask: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(subject) ?? Promise.resolve()).then(ask, ask);
    this.#turns.set(subject, turn);
    return turn;
  }

  async #ask(subject: string, text: string): Promise<void> {
    const ids = this.#ids.get(subject) ?? new Map<string, number | TandemError>();
    this.#ids.set(subject, ids);
    try {
      ids.set(text, this.#autoRegister ? await this.#register(subject, text) : await this.#find(subject, text));
    } catch (thrown) {
      // The record's own fault waits for the record; the rest fails the batch.
      if (!(thrown instanceof SchemaRefused)) throw thrown;
      ids.set(text, thrown);
    }
  }

  /** Twice: where another process registers at the same moment, Apicurio refuses one of them (409), too. */
  async #register(subject: string, text: string): Promise<number> {
    try {
      return await this.#registry.register(subject, text);
    } catch (thrown) {
      if (!(thrown instanceof SchemaRefused)) throw thrown;
      return await this.#registry.register(subject, text);
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
