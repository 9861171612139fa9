import fc from "fast-check";
import { header, map, struct, structType, tombstone, typed } from "./arbitrary.ts";
import { eventRecord } from "./events.ts";
import { differential } from "./harness.ts";

const headers = fc.array(
  fc
    .tuple(
      fc.constantFrom("source", "trace", "changed"),
      fc.constantFrom("5", "text", '["a","b"]', "1.5", "true", "5", "text", "[]", null),
    )
    .map(([key, value]) => header(key, value)),
  { maxLength: 3 },
);

differential({
  class: "io.debezium.transforms.HeaderToValue",
  // The original keeps what it made of a schema for other headers than those.
  fresh: () => true,
  count: process.env["TANDEM_FULL"] === "1" ? 2_000 : 80,
  cases: fc.record({
    config: fc
      .tuple(
        fc.constantFrom(
          "source:added",
          "source,trace:added,more",
          "trace, changed:nested.added,more",
          "source:source.added",
          "nothing:x",
        ),
        fc.constantFrom("", "", "", "", "", "source,trace:a", "source:with space", ":x", "source:name.x"),
        fc.constantFrom("copy", "move", "copy", "move", "copy", "move", "other"),
      )
      .map(([good, bad, operation]) => {
        const [names = "", fields = ""] = (bad === "" ? good : bad).split(":");
        return { headers: names, fields, operation };
      }),
    record: fc.oneof(
      eventRecord({ headers }),
      eventRecord({ headers, value: fc.oneof(struct, typed(structType(1, ["nested", "name", "x"])), map, tombstone) }),
    ),
  }),
  difference({ record: { headers: given, valueSchema } }, { java, ours }) {
    if ("result" in java || "refused" in ours) return undefined;
    if (valueSchema === null) return "header-to-map";
    return given.some(({ bytes }) => bytes === header("", "[]").bytes) ? "header-of-nothing" : undefined;
  },
});
