import { kindOf, objectOf, type Schema, unwrapped } from "./arbitrary.ts";

const digits = (value: unknown): string => (value as bigint | number | boolean).toString();

/**
 * An independent notation of values, as text that is equal exactly when they are, by the rules that `canonical` promises.
 * Written for reading, not for speed.
 */
export function comparable(schema: Schema, value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(schema)) {
    return comparable(...unwrapped(schema, value));
  }
  const { items = "null", values = "null", fields = [] } = objectOf(schema);
  switch (kindOf(schema)) {
    case "int":
    case "long":
      return `whole ${digits(value)}`;
    case "float":
    case "double":
      return `float ${digits(value)}`;
    case "string":
    case "enum":
      return `text ${JSON.stringify(value)}`;
    case "bytes":
    case "fixed":
      return `bytes ${(value as Buffer).toString("hex")}`;
    case "array":
      return `[${(value as unknown[]).map((item) => comparable(items, item)).join(",")}]`;
    case "map": {
      const entries = Object.entries(value as object).map(([key, one]) => `${key} ${comparable(values, one)}`);
      return `map ${JSON.stringify(entries.sort())}`;
    }
    case "record": {
      const entries = fields
        .map(({ name, type }) => `${name} ${comparable(type, (value as Record<string, unknown>)[name])}`)
        .filter((text) => !text.endsWith(" null") || text.length > 6);
      return `record ${JSON.stringify(entries.sort())}`;
    }
    default:
      return digits(value);
  }
}
