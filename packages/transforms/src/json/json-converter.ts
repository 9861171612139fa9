import { asError, type Converter, type DataValue, isDataObject, type Schema, TandemError } from "@tandem-cdc/core";
import { schemaFromJson, schemaToJson } from "./json-schema.ts";
import { jsonBytes, jsonText, parseJson, writeJson } from "./json-text.ts";
import { fromJson, isJson, toJson } from "./json-values.ts";

/** An envelope's beginning, up to its payload, and what it says. */
interface Known {
  readonly beginning: string;
  readonly schema: Schema;
}

const OPEN = '{"schema":';
const MIDDLE = ',"payload":';
/** Schemas of one topic that are known at the same time. */
const KNOWN = 16;

/**
 * Connect's JsonConverter. A payload with the schema envelope has its schema, any other has none; what is written has the
 * envelope where there is a schema.
 */
export function jsonConverter(): Converter {
  const known = new Map<string, Known[]>();
  const envelopes = new WeakMap<Schema, string>();

  /** The schema of an envelope whose beginning was seen before: only the payload has to be parsed then. */
  const recognised = (text: string, place: string): Known | undefined =>
    text.startsWith(OPEN) ? known.get(place)?.find(({ beginning }) => text.startsWith(beginning)) : undefined;

  const remember = (text: string, schemaJson: unknown, schema: Schema, place: string): void => {
    const beginning = OPEN + writeJson(schemaJson) + MIDDLE;
    if (!text.startsWith(beginning)) return;
    known.set(place, [{ beginning, schema }, ...(known.get(place) ?? [])].slice(0, KNOWN));
  };

  return {
    name: "json",
    toConnectData(payload, { part, topic }) {
      if (payload === null) return { schema: null, value: null };
      const text = jsonText(payload);
      const place = `${part} ${topic}`;
      const seen = recognised(text, place);
      const payloadJson = seen === undefined ? undefined : payloadOf(text, seen.beginning);
      if (seen !== undefined && payloadJson !== undefined)
        return { schema: seen.schema, value: fromJson(seen.schema, payloadJson) };
      const json = parseJson(text) as DataValue;
      if (!isEnvelope(json)) return { schema: null, value: json };
      if (json.schema === null) return { schema: null, value: json.payload };
      const schema = schemaFromJson(json.schema);
      remember(text, json.schema, schema, place);
      return { schema, value: fromJson(schema, json.payload) };
    },
    fromConnectData({ schema, value }) {
      if (value === null && schema === null) return null;
      try {
        if (schema === null) return jsonBytes(writeJson(isJson(value) ? value : toJson(null, value)));
        let beginning = envelopes.get(schema);
        if (beginning === undefined) {
          beginning = OPEN + writeJson(schemaToJson(schema)) + MIDDLE;
          envelopes.set(schema, beginning);
        }
        return jsonBytes(`${beginning}${writeJson(toJson(schema, value))}}`);
      } catch (thrown) {
        throw new TandemError("RECORD_MALFORMED", `the value cannot be written as JSON: ${asError(thrown).message}`, {
          cause: thrown,
        });
      }
    },
  };
}

/** The payload behind an envelope's beginning; undefined where anything else is there too. */
function payloadOf(text: string, beginning: string): DataValue | undefined {
  if (!text.endsWith("}")) return undefined;
  try {
    return parseJson(text.slice(beginning.length, -1)) as DataValue;
  } catch {
    return undefined;
  }
}

function isEnvelope(json: DataValue): json is { readonly schema: DataValue; readonly payload: DataValue } {
  return (
    isDataObject(json) &&
    Object.keys(json).length === 2 &&
    Object.hasOwn(json, "schema") &&
    Object.hasOwn(json, "payload") &&
    (json["schema"] === null || (isDataObject(json["schema"]) && typeof json["schema"]["type"] === "string"))
  );
}
