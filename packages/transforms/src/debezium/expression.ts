import { compileFunction } from "node:vm";
import { asError, type DataObject, type DataValue, isDataObject, type Schema, TandemError } from "@tandem-cdc/core";
import { headerData } from "../header-data.ts";
import type { ConnectRecord } from "../record.ts";
import { filled, perSchema } from "./envelope.ts";

const NAMES = ["key", "value", "keySchema", "valueSchema", "topic", "header"] as const;

/**
 * A JavaScript expression over a record: `value.after.amount > 100 && topic.startsWith("shop.")`. It sees `key`, `value`, `keySchema`,
 * `valueSchema`, `topic`, and `header.NAME.value`, and may not write into them. It is code of whoever configures the
 * pipeline: it can do what the process can.
 */
export function compileExpression(expression: string): (record: ConnectRecord) => unknown {
  const run = compiled(expression);
  const wantsHeaders = expression.includes("header");
  return (record) => {
    const { key, keySchema, topic, value, valueSchema } = record;
    const headers = wantsHeaders ? headersOf(record) : undefined;
    return run(view(key, keySchema), view(value, valueSchema), keySchema, valueSchema, topic, headers);
  };
}

function compiled(expression: string): (...values: unknown[]) => unknown {
  try {
    return compileFunction(`return (${expression}\n);`, NAMES) as (...values: unknown[]) => unknown;
  } catch {
    // Not one expression: several statements, of which the last has the value.
  }
  try {
    compileFunction(expression, NAMES);
  } catch (thrown) {
    throw new TandemError("CONFIG_INVALID", `"${expression}" is no JavaScript: ${asError(thrown).message}`);
  }
  const run = compileFunction("return eval(source);", [...NAMES, "source"]) as (...values: unknown[]) => unknown;
  return (...values) => run(...values, expression);
}

function headersOf(record: ConnectRecord): object {
  const headers: Record<string, { readonly value: unknown; readonly schema: Schema | null }> = Object.create(
    null,
  ) as object as Record<string, never>;
  for (const { key, value: bytes } of record.headers) {
    const { schema, value } = headerData(bytes);
    headers[key] = { value: view(value, schema), schema };
  }
  return headers;
}

/** What an expression sees: fields that are null have their default values, and nothing can be written into. */
function view(value: DataValue, schema: Schema | null | undefined): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((each: DataValue) => view(each, schema?.valueSchema));
  if (!isDataObject(value)) return value;
  return schema?.type === "struct" ? structView(schema)(value) : new Proxy(value, READ_ONLY);
}

function refuse(): never {
  throw new TypeError("a record may not be changed by an expression");
}

const READ_ONLY: ProxyHandler<DataObject> = {
  get: (object, name) =>
    typeof name === "string" && Object.hasOwn(object, name) ? view(object[name] ?? null, null) : undefined,
  set: refuse,
  defineProperty: refuse,
  deleteProperty: refuse,
};

const OF = Symbol("what is seen");
type View = { readonly [OF]: DataObject };

/** Getters are made once for each schema. */
const structView = perSchema((schema): ((value: DataObject) => View) => {
  const prototype = Object.create(null) as View;
  for (const { name, schema: of } of schema.fields ?? [])
    Object.defineProperty(prototype, name, {
      get(this: View) {
        return view(filled(this[OF], name, of), of);
      },
      set: refuse,
      enumerable: true,
    });
  return (value) => Object.freeze(Object.assign(Object.create(prototype) as object, { [OF]: value }));
});
