/** What becomes of characters that a schema's name may not have in Avro. */
export const ADJUSTMENTS = ["none", "avro", "avro_unicode"] as const;
export type Adjustment = (typeof ADJUSTMENTS)[number];

export function adjusted(name: string, adjustment: Adjustment): string {
  if (adjustment === "none") return name;
  const unicode = adjustment === "avro_unicode";
  return name
    .split("")
    .map((c, i) => {
      const valid = (i === 0 ? /[A-Za-z_]/ : /[A-Za-z0-9_.]/).test(c) && !(unicode && c === "_");
      if (valid) return c;
      if (unicode) return escaped(c);
      // Names that differ in their first digit stay different.
      return i === 0 && /\d/.test(c) ? `_${c}` : "_";
    })
    .join("");
}

function escaped(c: string): string {
  const hex = c.charCodeAt(0).toString(16);
  return hex.length <= 2 ? `_u00${hex}` : `_u${hex}`;
}
