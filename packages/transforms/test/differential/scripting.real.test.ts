import fc from "fast-check";
import { header, structOf, type TypeOf } from "./arbitrary.ts";
import { eventRecord, text } from "./events.ts";
import { type Case, differential, type Fates } from "./harness.ts";

const row: fc.Arbitrary<TypeOf> = fc.constant(
  structOf(
    [
      ["id", { schema: { type: "int32", optional: false }, value: fc.integer({ min: 0, max: 5 }) }],
      ["name", { schema: { ...text, optional: true, default: "nobody" }, value: fc.constantFrom("a", "b", null) }],
      ["amount", { schema: { type: "float64", optional: true }, value: fc.constantFrom(0.5, 150.25, null) }],
      [
        "big",
        { schema: { type: "int64", optional: false }, value: fc.constantFrom({ $long: "5" }, { $long: "4000000000" }) },
      ],
      ["flag", { schema: { type: "boolean", optional: false }, value: fc.boolean() }],
      ["inner", structOf([["x", { schema: text, value: fc.constantFrom("x", "y") }]])],
    ],
    { name: "shop.orders.Value", optional: true },
  ),
);

/** Few configurations: the original makes an engine for each, which takes its time. */
function configs(name: string, expressions: readonly string[]): fc.Arbitrary<Record<string, string>> {
  const js = "jsr223.graal.js";
  const [first = ""] = expressions;
  const variants: readonly Readonly<Record<string, string>>[] = [
    { "topic.regex": "shop\\..*" },
    { "topic.regex": "shop" },
    { "topic.regex": "(" },
    { language: "graal.js" },
    { language: "jsr223.basic" },
    { "null.handling.mode": "drop" },
    { "null.handling.mode": "evaluate" },
    { "null.handling.mode": "other" },
  ];
  return fc.constantFrom(
    ...expressions.map((expression): Record<string, string> => ({ language: js, [name]: expression })),
    ...variants.map((variant) => Object.assign({ language: js, [name]: first }, variant)),
  );
}

const record = eventRecord({
  row,
  headers: fc.constantFrom([], [header("n", "5")], [header("n", "6"), header("n", "7")], [header("n", "text")]),
});

/** The original reads structs only, and calls a null that it is asked about a value without fields. */
function difference(
  { record: { key, keySchema, value, valueSchema } }: Case,
  { java, ours }: Fates,
): string | undefined {
  const isStruct = (of: unknown, type: string | undefined): boolean => of !== null && type === "struct";
  if (
    "refused" in java &&
    java.refused === "apply" &&
    "result" in ours &&
    !(isStruct(key, keySchema?.type) && isStruct(value, valueSchema?.type))
  )
    return "expressions-of-anything";
  return undefined;
}

differential({
  class: "io.debezium.transforms.Filter",
  count: process.env["TANDEM_FULL"] === "1" ? 1_500 : 80,
  cases: fc.record({
    config: configs("condition", [
      "value.op == 'u' && value.after.id > 2",
      "value.after.name === 'nobody'",
      "value.after != null && value.after.big > 100",
      "value.after.amount > 100 || value.after.flag",
      "value.after.inner.x == 'x'",
      "key.id == 1 || topic.startsWith('shop.')",
      "header.n.value > 5",
      "header.n.value",
      "var limit = 3; value.after.id < limit",
      "value.nothing == null",
      "value.after.id",
      "null",
      "true",
      "value.op ==",
      "value.op = 'x'",
    ]),
    record,
  }),
  difference,
});

differential({
  class: "io.debezium.transforms.ContentBasedRouter",
  count: process.env["TANDEM_FULL"] === "1" ? 1_500 : 80,
  cases: fc.record({
    config: configs("topic.expression", [
      "value.op == 'd' ? 'deletes' : null",
      "value.after.name",
      "topic + '.' + value.op",
      "value.after.inner.x == 'x' ? 'x' : undefined",
      "if (value.op == 'c') 'created'",
      "value.after.id",
      "'all'",
      "'",
    ]),
    record,
  }),
  difference,
});
