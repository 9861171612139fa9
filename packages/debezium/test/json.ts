import fc from "fast-check";

/** White space of JSON, mostly none. */
const SPACE = fc.constantFrom("", "", "", " ", "\n", "\t", " \r\n ");

/** Texts that could be taken for structure by a scan that is not careful. */
const TRICKY = fc.constantFrom(
  '"op":"d"',
  '{"source":{',
  '}}"',
  "\\",
  '\\"',
  ',"after":null}',
  "\u{feff}x",
  "ä€😀",
  "payload",
  "",
);

export const TEXT: fc.Arbitrary<string> = fc.oneof(TRICKY, fc.string(), fc.string({ unit: "binary" }));

const SCALAR = fc.oneof(
  TEXT,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);

/** JSON text of a value: random white space, names spelled with escapes, names given twice. */
export function jsonText(fieldNames: fc.Arbitrary<string>): {
  readonly value: fc.Arbitrary<string>;
  readonly object: fc.Arbitrary<string>;
} {
  return fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      SCALAR.map((scalar) => JSON.stringify(scalar)),
      tie("object"),
      tie("list"),
    ),
    list: fc
      .tuple(fc.array(tie("value"), { maxLength: 4 }), SPACE)
      .map(([items, space]) => `[${space}${items.join(`${space},`)}${space}]`),
    object: fc
      .tuple(fc.array(fc.tuple(fieldNames, fc.boolean(), tie("value"), SPACE), { maxLength: 8 }), SPACE)
      .map(
        ([fields, space]) =>
          `${space}{${space}${fields.map(([name, escaped, value, s]) => `${s}${nameText(name, escaped)}${s}:${s}${value}${s}`).join(",")}}${space}`,
      ),
  }));
}

function nameText(name: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(name);
  const units = Array.from({ length: name.length }, (_, i) => name.charCodeAt(i).toString(16).padStart(4, "0"));
  return `"${units.map((unit) => `\\u${unit}`).join("")}"`;
}
