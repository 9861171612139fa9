import { type DataValue, type Schema, TandemError } from "@tandem-cdc/core";
import type { Reader } from "../reader.ts";
import { defaultFromJson } from "./defaults.ts";
import { DEFAULT_NAME } from "./names.ts";
import type { Writer } from "./writer.ts";

/** An Avro type as Connect sees it: made once for a schema, used for each of its values. */
export interface ConnectType {
  readonly schema: Schema;
  read(reader: Reader): DataValue;
  /** `where` is for messages. */
  write(writer: Writer, value: DataValue, where: string): void;
}

export interface AvroJson {
  readonly [attribute: string]: unknown;
}

export const isObject = (json: unknown): json is AvroJson =>
  typeof json === "object" && json !== null && !Array.isArray(json);

export function unusable(what: string): TandemError {
  return new TandemError("RECORD_MALFORMED", `Connect has nothing for this Avro schema: ${what}`);
}

/** `{ "type": { "type": ... } }`: what stands inside counts. */
export function unwrapped(json: unknown): unknown {
  let told = json;
  while (isObject(told) && typeof told["type"] === "object" && told["type"] !== null) told = told["type"];
  return told;
}

/** A struct without a name gets one in Avro. */
const UNNAMED = new RegExp(`^${DEFAULT_NAME.replaceAll(".", "\\.")}\\d*$`);

export function schemaOf(type: Schema["type"], json: AvroJson, more: Partial<Schema> = {}): Schema {
  const { "connect.name": named, "connect.version": version, "connect.doc": doc } = json;
  const told = json["connect.parameters"];
  const name = typeof named === "string" ? named : more.name;
  const parameters = { ...more.parameters, ...(isObject(told) ? textsOf(told) : {}) };
  const { name: _, parameters: __, ...rest } = more;
  const schema: Schema = {
    type,
    optional: false,
    ...(name === undefined || UNNAMED.test(name) ? {} : { name }),
    ...(typeof version === "number" ? { version } : {}),
    ...(typeof doc === "string" ? { doc } : {}),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...rest,
  };
  const preset = json["connect.default"];
  return preset === undefined || preset === null ? schema : { ...schema, default: defaultFromJson(schema, preset) };
}

function textsOf(json: AvroJson): Record<string, string> {
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
