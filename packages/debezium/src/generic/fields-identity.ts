import { type Batch, type IdentityStrategy, lastHeader, type PayloadFormat, type Projection } from "@tandem-cdc/core";
import { jsonFormat } from "../json-format.ts";
import { RecordKey, refuseNullKey, together } from "../record-key.ts";
import { unidentifiable } from "../unidentifiable.ts";
import { eachForItself } from "./each-for-itself.ts";

export interface FieldsIdentityOptions {
  /** How payloads are encoded. Default: JSON. */
  readonly format?: PayloadFormat;
  /**
   * Paths: `key` is the whole key, `key.id` a field of it, `header.x` a header; anything else is a field of the value,
   * with or without `value.` before it.
   */
  readonly fields: readonly string[];
}

/** Reads one of the fields of record i; null when it is missing or null. */
type Read = (batch: Batch, i: number) => Uint8Array | null;

/**
 * The identity is a list of fields that together are different for every change, and equal on its copies: an event's own
 * id, a version number beside the row's key. Compared by decoded values. A record that lacks one of them is rejected.
 */
export function fieldsIdentity({ fields, format = jsonFormat }: FieldsIdentityOptions): IdentityStrategy {
  if (fields.length === 0) throw new TypeError("fieldsIdentity: fields has to name at least one field");
  return eachForItself("fields", 1, (context) => {
    const key = new Part("key", format, fields);
    const value = new Part("value", format, fields);
    const whole = new RecordKey(format);
    const reads: readonly (readonly [string, Read])[] = fields.map((name) => {
      if (name === "key") return [name, (batch, i) => whole.of(batch.key(i))];
      if (name.startsWith("header.")) {
        const header = name.slice("header.".length);
        return [name, (batch, i) => lastHeader(batch, i, header) ?? null];
      }
      return [name, name.startsWith("key.") ? key.reader(name) : value.reader(name)];
    });
    return {
      prepare: (batch, signal) =>
        together(
          key.prepare(batch, signal),
          value.prepare(batch, signal),
          fields.includes("key") ? whole.prepare(batch, signal) : undefined,
        ),
      identify(batch, i, into) {
        refuseNullKey(context, batch, i);
        key.forget();
        value.forget();
        for (const [name, read] of reads) {
          const bytes = read(batch, i);
          if (bytes === null)
            throw unidentifiable(
              `field "${name}" is missing or null: name fields that every record of the topic has, or give this topic another rule`,
            );
          into.bytes(bytes, name);
        }
        return "change";
      },
    };
  });
}

/** The fields of a record's key or value, read when one of them is first asked for. */
class Part {
  readonly #part: "key" | "value";
  readonly #paths: readonly string[];
  readonly #fields: Projection;
  #isRead = false;

  constructor(part: "key" | "value", format: PayloadFormat, fields: readonly string[]) {
    this.#part = part;
    this.#paths = fields.filter((name) => partOf(name) === part).map(pathOf);
    this.#fields = format.project(part, this.#paths);
  }

  prepare(batch: Batch, signal: AbortSignal): Promise<void> | undefined {
    return this.#paths.length === 0 ? undefined : this.#fields.prepare?.(batch, signal);
  }

  forget(): void {
    this.#isRead = false;
  }

  reader(name: string): Read {
    const field = this.#paths.indexOf(pathOf(name));
    return (batch, i) => {
      const payload = this.#part === "key" ? batch.key(i) : batch.value(i);
      if (payload === null) return null;
      if (!this.#isRead) this.#fields.read(payload);
      this.#isRead = true;
      return this.#fields.canonical(field);
    };
  }
}

function partOf(name: string): "key" | "value" | "header" {
  if (name === "key" || name.startsWith("header.")) return "header";
  return name.startsWith("key.") ? "key" : "value";
}

function pathOf(name: string): string {
  return name === "value" ? "" : name.replace(/^(?:key|value)\./, "");
}
