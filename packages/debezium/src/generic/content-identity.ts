import type { IdentityStrategy, PayloadFormat, Projection } from "@tandem-cdc/core";
import { jsonFormat } from "../json-format.ts";
import { RecordKey, refuseNullKey, together } from "../record-key.ts";
import { unidentifiable } from "../unidentifiable.ts";
import { eachForItself } from "./each-for-itself.ts";

export interface ContentIdentityOptions {
  /** How payloads are encoded. Default: JSON. */
  readonly format?: PayloadFormat;
  /**
   * What counts beside the key: the whole `value` (default), the row `after` of a Debezium event (of a delete: the row
   * before), or only the `key`.
   */
  readonly part?: "value" | "after" | "key";
  /** Fields of the value that do not count, since they differ from copy to copy: paths from its root, such as `source.ts_ms`. */
  readonly except?: readonly string[];
}

/**
 * The identity is what the record says: its key and its value, by the decoded values. The order of fields, a schema's id,
 * white space and the notation of numbers do not count; numbers count to the last digit.
 *
 * Two changes that say the same **cannot be told apart**: of a row that goes S1, S2, S1, the second S1 is taken for a copy
 * of the first within the horizon. Name what differs from copy to copy in `except`, and have something in the value that
 * differs from change to change. A tombstone is rejected: its null value says nothing.
 */
export function contentIdentity(options: ContentIdentityOptions = {}): IdentityStrategy {
  const { except = [], format = jsonFormat, part = "value" } = options;
  return eachForItself(`content-${part}`, 1, (context) => {
    const recordKey = new RecordKey(format);
    const fields = format.project("value", part === "after" ? ["after", "before"] : [""], { except });
    return {
      prepare: (batch, signal) =>
        together(recordKey.prepare(batch, signal), part === "key" ? undefined : fields.prepare?.(batch, signal)),
      identify(batch, i, into) {
        const value = batch.value(i);
        if (value === null)
          throw unidentifiable(
            "the value is null (a tombstone): there is no content to identify it by. Identify it by a header (use: header) or by fields of the key (use: fields), or have the connector send none (tombstones.on.delete=false)",
          );
        refuseNullKey(context, batch, i);
        into.bytes(recordKey.of(batch.key(i)), "key");
        if (part === "key") return "change";
        fields.read(value);
        if (part === "value") into.bytes(fields.canonical(0), "value");
        else row(fields).forEach((bytes, n) => into.bytes(bytes, n === 0 ? "after" : "before"));
        return "change";
      },
    };
  });
}

/** The row after the change; of a delete: null, and the row before. */
function row(fields: Projection): readonly (Uint8Array | null)[] {
  if (fields.has(0)) return [fields.canonical(0)];
  if (fields.has(1)) return [null, fields.canonical(1)];
  throw unidentifiable("there is neither after nor before: part: after is for row events of Debezium");
}
