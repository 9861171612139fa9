import { integerAt, isNull, malformed, names, scanObject, skipSpace, textAt } from "./json-scanner.ts";
import { TextCache } from "./text-cache.ts";

const ENVELOPE = names("before", "after", "source", "op", "ts_ms", "payload", "schema");
const SOURCE = names("connector", "gtid", "file", "pos", "row", "snapshot", "db", "table", "ts_ms", "schema");

const BEFORE = 0;
const AFTER = 1;
const SOURCE_BLOCK = 2;
const OP = 3;
const TS = 4;
const PAYLOAD = 5;
const SCHEMA = 6;

const QUOTE = 0x22;

/** Fields of the source block, by their place among the names. */
export const SOURCE_FIELD = {
  connector: 0,
  gtid: 1,
  file: 2,
  pos: 3,
  row: 4,
  snapshot: 5,
  db: 6,
  table: 7,
  ts: 8,
  schema: 9,
} as const;

export type SourceField = (typeof SOURCE_FIELD)[keyof typeof SOURCE_FIELD];

/**
 * A Debezium change event over its raw JSON, with or without Connect's schema envelope. Only what is asked for is
 * decoded; `before` and `after` stay bytes. One view is used for record after record: `read` starts the next.
 * Every method throws a `TandemError` of code RECORD_MALFORMED on bytes that are not what they should be.
 */
export class ChangeEvent {
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #envelope = new Int32Array(2 * ENVELOPE.length);
  readonly #source = new Int32Array(2 * SOURCE.length);
  readonly #texts = SOURCE.map(() => new TextCache());

  read(bytes: Uint8Array): this {
    this.#bytes = bytes;
    this.#source.fill(-1);
    const end = scanObject(bytes, 0, ENVELOPE, this.#envelope);
    if (skipSpace(bytes, end) !== bytes.length) throw malformed("something follows the object");
    if (this.#envelope[2 * OP] === -1 && this.#envelope[2 * SOURCE_BLOCK] === -1) {
      const payload = this.#envelope[2 * PAYLOAD] ?? -1;
      const schema = this.#envelope[2 * SCHEMA] ?? -1;
      if (payload >= 0 && schema >= 0 && bytes[payload] === 0x7b) scanObject(bytes, payload, ENVELOPE, this.#envelope);
    }
    const source = this.#envelope[2 * SOURCE_BLOCK] ?? -1;
    if (source >= 0 && bytes[source] === 0x7b) scanObject(bytes, source, SOURCE, this.#source);
    return this;
  }

  /** True when there is a source block: what makes a change event of a JSON object. */
  get hasSource(): boolean {
    const source = this.#envelope[2 * SOURCE_BLOCK] ?? -1;
    return source >= 0 && this.#bytes[source] === 0x7b;
  }

  /** `c`, `u`, `d`, `r`, `t`, `m`; empty when absent. */
  get op(): string {
    const from = this.#envelope[2 * OP] ?? -1;
    if (isNull(this.#bytes, from)) return "";
    const to = this.#envelope[2 * OP + 1] ?? -1;
    const letter = this.#bytes[from] === QUOTE && to - from === 3;
    return letter ? String.fromCharCode(this.#bytes[from + 1] ?? 0) : textAt(this.#bytes, from, to);
  }

  /** When Debezium processed the change, milliseconds since the epoch; null when absent. */
  get processedMs(): number | null {
    const from = this.#envelope[2 * TS] ?? -1;
    return isNull(this.#bytes, from) ? null : integerAt(this.#bytes, from, this.#envelope[2 * TS + 1] ?? -1);
  }

  /** The raw JSON of the row before the change; null when absent or null. */
  get before(): Uint8Array | null {
    return this.#raw(this.#envelope, BEFORE);
  }
  get after(): Uint8Array | null {
    return this.#raw(this.#envelope, AFTER);
  }

  /** The raw JSON of a field of the source block; null when absent or null. */
  sourceRaw(field: SourceField): Uint8Array | null {
    return this.#raw(this.#source, field);
  }

  sourceText(field: SourceField): string | null {
    const from = this.#source[2 * field] ?? -1;
    if (isNull(this.#bytes, from)) return null;
    const to = this.#source[2 * field + 1] ?? -1;
    return this.#texts[field]?.text(this.#bytes, from, to, textAt) ?? null;
  }

  sourceInteger(field: SourceField): number | null {
    const from = this.#source[2 * field] ?? -1;
    return isNull(this.#bytes, from) ? null : integerAt(this.#bytes, from, this.#source[2 * field + 1] ?? -1);
  }

  #raw(fields: Int32Array, n: number): Uint8Array | null {
    const from = fields[2 * n] ?? -1;
    return isNull(this.#bytes, from) ? null : this.#bytes.subarray(from, fields[2 * n + 1]);
  }
}
