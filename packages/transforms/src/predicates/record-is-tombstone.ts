import { definePredicate, type PredicateDefinition } from "../define.ts";

/** Connect's RecordIsTombstone. */
export const recordIsTombstone: PredicateDefinition = definePredicate({
  name: "RecordIsTombstone",
  doc: "True for records whose value is null.",
  aliases: ["org.apache.kafka.connect.transforms.predicates.RecordIsTombstone"],
  // Null after decoding, as in Connect: a JSON envelope may hold a null payload.
  create: () => (record) => record.isTombstone || record.value === null,
});
