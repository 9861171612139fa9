import { TandemError } from "@tandem-cdc/core";
import { RegistryRest } from "./registry-rest.ts";
import { type RegistryOptions, registrySettings } from "./registry-options.ts";
import { type AvroType, type NamedTypes, parseSchema } from "./schema.ts";

/** A schema that a registry knows by an id. */
export interface RegisteredSchema {
  readonly id: number;
  /** Its JSON. */
  readonly text: string;
  /** The JSON of the schemas that it refers to, each behind those that it refers to itself. */
  readonly referenced: readonly string[];
  readonly type: AvroType;
}

/** Names a schema that another one uses. */
export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/**
 * A schema registry. Every method rejects with a `TandemError`: REGISTRY_UNAVAILABLE (retriable) while it cannot be
 * reached, REGISTRY_REFUSED when somebody has to mend something. No message holds credentials.
 */
export interface SchemaRegistry {
  /**
   * The schema of an id, asked for once and kept for good. Rejects with RECORD_SCHEMA_UNKNOWN when the registry does not
   * know it (remembered for a short time), with RECORD_MALFORMED when it is no Avro schema that can be read.
   */
  schema(id: number, signal?: AbortSignal): Promise<RegisteredSchema>;
  /** Registers a schema (its JSON, as text or parsed) and returns its id; a schema that is there already keeps its own. */
  register(subject: string, schema: unknown, references?: readonly SchemaReference[]): Promise<number>;
  /** The id of a schema under a subject; null where it is not there. Registers nothing. */
  find?(subject: string, schema: unknown): Promise<number | null>;
  subjects(): Promise<readonly string[]>;
  close(): void;
}

interface SchemaAnswer {
  readonly schema?: unknown;
  readonly schemaType?: unknown;
  readonly references?: unknown;
}

/** References of references and so on: as many schemas belong to one id at most. */
const MAX_REFERENCED = 1_000;

/** So many ids without a schema are remembered. */
const MAX_UNKNOWN = 10_000;
/** So many at a time may be schemas that a follower has yet to hear of. */
const FLOOD = 8;

/** A client of the Confluent REST protocol, which Apicurio, Karapace and Redpanda speak too. Asks nothing until it is asked. */
export function schemaRegistry(options: RegistryOptions): SchemaRegistry {
  return new RestRegistry(options);
}

class RestRegistry implements SchemaRegistry {
  readonly #rest: RegistryRest;
  readonly #now: () => number;
  readonly #unknownMs: number;
  readonly #known = new Map<number, RegisteredSchema>();
  readonly #underway = new Map<number, Promise<RegisteredSchema>>();
  readonly #unknown = new Map<number, { readonly until: number; readonly error: TandemError }>();
  readonly #registered = new Map<string, Promise<number>>();

  constructor(options: RegistryOptions) {
    const settings = registrySettings(options);
    this.#rest = new RegistryRest(settings);
    this.#now = () => settings.clock.now();
    this.#unknownMs = settings.unknownMs;
  }

  async schema(id: number, signal?: AbortSignal): Promise<RegisteredSchema> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const unknown = this.#unknown.get(id);
    if (unknown !== undefined && this.#now() < unknown.until) throw unknown.error;
    let asked = this.#underway.get(id);
    if (asked === undefined) {
      asked = this.#fetch(id).finally(() => this.#underway.delete(id));
      // Whoever asked may have given up by the time it fails.
      asked.catch(() => undefined);
      this.#underway.set(id, asked);
    }
    return await unlessAborted(asked, signal);
  }

  async register(subject: string, schema: unknown, references: readonly SchemaReference[] = []): Promise<number> {
    const body = { schema: typeof schema === "string" ? schema : JSON.stringify(schema), references };
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const key = JSON.stringify([subject, body]);
    const before = this.#registered.get(key);
    if (before !== undefined) return before;
    const asked = this.#rest.post(path, body).then((answer) => this.#idOf(path, answer));
    this.#registered.set(key, asked);
    asked.catch(() => this.#registered.delete(key));
    return asked;
  }

  async find(subject: string, schema: unknown): Promise<number | null> {
    const path = `/subjects/${encodeURIComponent(subject)}`;
    const answer = await this.#rest.post(path, {
      schema: typeof schema === "string" ? schema : JSON.stringify(schema),
    });
    return answer === null ? null : this.#idOf(path, answer);
  }

  #idOf(path: string, answer: unknown): number {
    const { id } = (answer ?? {}) as { readonly id?: unknown };
    if (typeof id !== "number") throw this.#rest.refusal(path, "the answer has no id: is this a schema registry?");
    return id;
  }

  async subjects(): Promise<readonly string[]> {
    const answer = await this.#rest.get("/subjects");
    if (!Array.isArray(answer))
      throw this.#rest.refusal("/subjects", "the answer is no list: is this a schema registry?");
    return answer.filter((subject): subject is string => typeof subject === "string");
  }

  close(): void {
    this.#rest.close();
  }

  async #fetch(id: number): Promise<RegisteredSchema> {
    try {
      const answer = await this.#rest.get(`/schemas/ids/${id}`, { patient: !this.#flooded });
      if (answer === null) throw this.#unknownSchema(`schema ${id}`);
      const named: NamedTypes = new Map();
      const referenced = await this.#referenced(answer as SchemaAnswer, named, new Map());
      const text = schemaText(answer as SchemaAnswer, `schema ${id}`);
      const schema = { id, text, referenced, type: parseSchema(jsonOf(text, `schema ${id}`), named) };
      this.#known.set(id, schema);
      this.#unknown.delete(id);
      return schema;
    } catch (error) {
      if (error instanceof TandemError && error.code.startsWith("RECORD_")) this.#remember(id, error);
      throw error;
    }
  }

  /** Depth first: a schema stands behind those that it refers to. */
  async #referenced(
    { references }: SchemaAnswer,
    named: NamedTypes,
    seen: Map<string, string>,
  ): Promise<readonly string[]> {
    for (const reference of Array.isArray(references) ? references : []) {
      const { subject, version } = reference as Partial<SchemaReference>;
      const what = `version ${String(version)} of subject ${String(subject)}`;
      if (seen.has(what)) continue;
      if (seen.size >= MAX_REFERENCED)
        throw new TandemError("RECORD_MALFORMED", `a schema refers to more than ${MAX_REFERENCED} others`);
      seen.set(what, "");
      const answer = await this.#rest.get(
        `/subjects/${encodeURIComponent(String(subject))}/versions/${encodeURIComponent(String(version))}`,
      );
      if (answer === null) throw this.#unknownSchema(what);
      await this.#referenced(answer as SchemaAnswer, named, seen);
      const text = schemaText(answer as SchemaAnswer, what);
      parseSchema(jsonOf(text, what), named);
      // Set again: those that it refers to have come in between, and stand before it.
      seen.delete(what);
      seen.set(what, text);
    }
    return [...seen.values()].filter((text) => text !== "");
  }

  /** Many unknown ids at a time are no schemas that a follower has yet to hear of, but garbage. */
  get #flooded(): boolean {
    if (this.#unknown.size < FLOOD) return false;
    const now = this.#now();
    for (const [id, { until }] of this.#unknown) if (until <= now) this.#unknown.delete(id);
    return this.#unknown.size >= FLOOD;
  }

  #remember(id: number, error: TandemError): void {
    if (this.#unknown.size >= MAX_UNKNOWN) this.#unknown.clear();
    this.#unknown.set(id, { until: this.#now() + this.#unknownMs, error });
  }

  #unknownSchema(what: string): TandemError {
    return new TandemError(
      "RECORD_SCHEMA_UNKNOWN",
      `the schema registry at ${this.#rest.where} does not know ${what}: is it the one that the connector writes to?`,
    );
  }
}

function schemaText({ schema, schemaType }: SchemaAnswer, what: string): string {
  if (schemaType !== undefined && schemaType !== "AVRO")
    throw new TandemError("RECORD_MALFORMED", `${what} is of type ${JSON.stringify(schemaType)}, not Avro`);
  if (typeof schema !== "string") throw new TandemError("RECORD_MALFORMED", `${what} has no text`);
  return schema;
}

/** A schema that is only a name ("string") may come without its quotes. */
function jsonOf(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (/^[a-z]+$/.test(text)) return text;
    throw new TandemError("RECORD_MALFORMED", `${what} is not JSON`, { cause });
  }
}

/** The question goes on: others may wait for the same answer. */
async function unlessAborted<T>(asked: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return asked;
  signal.throwIfAborted();
  let leave = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([asked, aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
