import { type DataValue, Decimal, type Schema } from "@tandem-cdc/core";

// What Connect's SimpleHeaderConverter writes into headers, where nothing else is configured.

const encoder = new TextEncoder();
const DAY_MS = 86_400_000;

/** A header's bytes. Null stays null. */
export function headerBytes(value: DataValue, schema: Schema | null): Uint8Array | null {
  return value === null ? null : encoder.encode(valueText(value, schema));
}

/** The text of a value: a text as it is, and within lists, maps and structs in quotes. */
export function valueText(value: DataValue | undefined, schema: Schema | null, embedded = false): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return embedded ? quoted(value) : value;
  if (typeof value === "number") return numberText(value, schema);
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value).toString("base64");
    return embedded ? `"${text}"` : text;
  }
  if (value instanceof Date) return dateText(value);
  if (value instanceof Decimal) return decimalText(value);
  const of = schema?.valueSchema ?? null;
  if (Array.isArray(value)) return `[${value.map((each: DataValue) => valueText(each, of, true)).join(",")}]`;
  const pairs =
    schema?.type === "struct"
      ? (schema.fields ?? []).map(
          (field) =>
            [
              quoted(field.name),
              valueText(fieldValue(value as Fields, field.name, field.schema), field.schema, true),
            ] as const,
        )
      : entries(value as Fields | ReadonlyMap<DataValue, DataValue>).map(
          ([key, each]) => [valueText(key, schema?.keySchema ?? null, true), valueText(each, of, true)] as const,
        );
  return `{${pairs.map(([key, each]) => `${key}:${each}`).join(",")}}`;
}

type Fields = Readonly<Record<string, DataValue>>;

function fieldValue(struct: Fields, name: string, schema: Schema): DataValue {
  return (Object.hasOwn(struct, name) ? struct[name] : null) ?? schema.default ?? null;
}

function entries(map: Fields | ReadonlyMap<DataValue, DataValue>): (readonly [DataValue, DataValue])[] {
  return map instanceof Map ? [...(map as ReadonlyMap<DataValue, DataValue>)] : Object.entries(map as Fields);
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** As Java writes numbers: a floating point one has a fraction always. */
function numberText(value: number, schema: Schema | null): string {
  const float =
    schema?.type === "float32" || schema?.type === "float64" || (schema === null && !Number.isInteger(value));
  if (!float || !Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [digits = "", exponent = "0"] = (schema?.type === "float32" ? shortest32 : shortest64)(value).split("e");
  const power = Number(exponent);
  const [sign, bare] = digits.startsWith("-") ? ["-", digits.slice(1)] : ["", digits];
  const all = bare.replace(".", "");
  if (power < -3 || power >= 7) return `${sign}${all[0]}.${all.slice(1) || "0"}E${power}`;
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${all}`;
  const padded = all.padEnd(power + 2, "0");
  return `${sign}${padded.slice(0, power + 1)}.${padded.slice(power + 1)}`;
}

// The fewest digits that give the number back when it is read: two at least, so that a nearer one of two wins.

function shortest32(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text.replace(/\.?0+e/, "e");
  }
  return value.toExponential();
}

function shortest64(value: number): string {
  const fewest = value.toExponential();
  if (fewest.includes(".")) return fewest;
  const two = value.toExponential(1);
  return Number(two) === value ? two.replace(".0e", "e") : fewest;
}

function dateText(date: Date): string {
  const text = date.toISOString();
  if (date.getTime() < DAY_MS) return text.slice(text.indexOf("T") + 1);
  return date.getTime() % DAY_MS === 0 ? text.slice(0, text.indexOf("T")) : text;
}

/** As Java's BigDecimal: with an exponent where the number is small or its scale negative. */
export function decimalText(decimal: Decimal): string {
  const { scale, unscaled } = decimal;
  const [sign, digits] = unscaled < 0n ? ["-", String(-unscaled)] : ["", String(unscaled)];
  const exponent = digits.length - 1 - scale;
  if (scale === 0 || (scale > 0 && exponent >= -6)) return decimal.toString();
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${sign}${mantissa}${exponent === 0 ? "" : `E${exponent > 0 ? "+" : ""}${exponent}`}`;
}
