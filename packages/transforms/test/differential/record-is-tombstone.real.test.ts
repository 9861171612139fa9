import fc from "fast-check";
import { payload, record, tombstone, typed, structType } from "./arbitrary.ts";
import { differential } from "./harness.ts";

const nullOfAType = typed(structType(0)).map(({ schema }) => ({
  schema: schema === null ? null : { ...schema, optional: true },
  value: null,
}));

differential({
  class: "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
  cases: fc.record({
    config: fc.constant({}),
    negate: fc.boolean(),
    record: record({ value: fc.oneof(payload, tombstone, nullOfAType) }),
  }),
});
