/** Where one of ours deliberately does something else than the Java original. */
export interface Difference {
  readonly id: string;
  /** The transform or predicate; `*` for all. */
  readonly transform: string;
  /** What ours does, and what the original does. */
  readonly what: string;
  readonly why: string;
}

/** All of them: the reference page lists them, and the differential tests tolerate nothing else. */
export const DIFFERENCES: readonly Difference[] = [
  {
    id: "strict-options",
    transform: "*",
    what: "An option that is not known, or whose value is not of its kind, is refused when the pipeline is made; the originals ignore the one and some of the other.",
    why: "A misspelt option would do nothing, and nobody would see it.",
  },
  {
    id: "regular-expressions",
    transform: "*",
    what: "Regular expressions are JavaScript's, translated from Java's. What only Java has (possessive quantifiers, atomic groups, `&&` in classes, flags elsewhere than at the beginning) is refused when the pipeline is made.",
    why: "Both read the same what is common to both, which is nearly all that is used.",
  },
  {
    id: "partition-kept",
    transform: "*",
    what: "A record that a transform routes stays in the partition that it was read from; with EventRouter, Connect leaves the partition to the producer, which takes the key's hash.",
    why: "A lane's order is kept that way. Key the source topic as the routed one (`message.key.columns`), or set the partition.",
  },
  {
    id: "destinations",
    transform: "*",
    what: "A record that comes out with a topic's name which no topic can have, or with a negative partition, is at fault; in Connect its producer fails.",
    why: "Such names are made of data, and one record of a thousand would stop all others.",
  },
  {
    id: "timestamp-kept",
    transform: "*",
    what: "A record keeps its timestamp where the original leaves it empty.",
    why: "The producer would fill in the time at which it happens to be sent.",
  },
  {
    id: "texts-untrimmed",
    transform: "*",
    what: "Texts of options keep the spaces at their ends, such as a delimiter of one space; Connect removes them.",
    why: "They were written on purpose. Properties that are pasted from Connect are trimmed when they are read.",
  },
  {
    id: "empty-list-elements",
    transform: "*",
    what: "Empty elements of lists, as in `a,,b`, are left out; the originals take them for empty names.",
    why: "A comma at the end of a list is no field without a name.",
  },
  {
    id: "whole-numbers",
    transform: "*",
    what: "Without a schema, a JSON number without a fraction is a whole number, also where it is written `1.0`; Connect takes that for a double.",
    why: "JavaScript has one kind of number. It shows only where such a number becomes text, or loses high bits.",
  },
  {
    id: "digits",
    transform: "*",
    what: "A floating point number becomes text with the fewest digits that tell it from others, as in Java from version 19 on; older versions sometimes write one more.",
    why: "The newer rule is the better one, and JavaScript's.",
  },
  {
    id: "dates-in-utc",
    transform: "*",
    what: "Dates become text, and text dates, in UTC; Connect takes the time zone of its JVM in headers and casts, though it writes `Z`.",
    why: "Every instance has to make the same of a record, wherever it runs.",
  },
  {
    id: "unwrap-without-schema",
    transform: "ExtractNewRecordState",
    what: "A change event without a schema (JSON with `schemas.enable=false`) is unwrapped; the original lets it pass.",
    why: "Debezium's transforms run inside the connector, where every record has a schema. Ours run on what is in the topic. An event is known by its `op`, `source`, and `before` or `after`.",
  },
  {
    id: "unwrap-old-options",
    transform: "ExtractNewRecordState",
    what: "`drop.tombstones` and `delete.handling.mode` still mean what they meant before Debezium 3; the original ignores them.",
    why: "They stand in many a configuration, and ignoring them changes what becomes of deletes.",
  },
  {
    id: "unwrap-adds-structs",
    transform: "ExtractNewRecordState",
    what: "`add.fields` takes structs, such as `before`; the original refuses every record then.",
    why: "It makes the field's schema without the struct's fields, and what is in it does not fit.",
  },
  {
    id: "unwrap-drops-of-tombstones",
    transform: "ExtractNewRecordState",
    what: "With `delete-to-tombstone`, a delete whose header lists fields to drop becomes a tombstone; the original fails with a NullPointerException.",
    why: "There is nothing to drop of a tombstone.",
  },
  {
    id: "replacement-groups",
    transform: "*",
    what: "A replacement that names a group which the pattern does not have is refused when the pipeline is made; the original refuses the records that match.",
    why: "It can never work.",
  },
  {
    id: "router-without-schema",
    transform: "ByLogicalTableRouter",
    what: "Keys without a schema are told apart as well; the original refuses them.",
    why: "JSON keys in a topic often have none.",
  },
  {
    id: "router-names-per-topic",
    transform: "ByLogicalTableRouter",
    what: "A schema is renamed for each topic that its records go to; the original keeps the first name for all of them.",
    why: "The original remembers what it made by the old schema alone.",
  },
  {
    id: "outbox-without-schema",
    transform: "EventRouter",
    what: "A change event without a schema is routed; the original lets it pass.",
    why: "As with ExtractNewRecordState.",
  },
  {
    id: "outbox-json",
    transform: "EventRouter",
    what: "With `table.expand.json.payload`, a list becomes a list, and text that cannot become data stays text with the schema of text. The original leaves the text and gives it the schema of a list or a struct then, which no converter can write; fields of the structs of one list, where they differ, come in no certain order.",
    why: "A record that cannot be written stops the pipeline.",
  },
  {
    id: "outbox-missing-in-envelope",
    transform: "EventRouter",
    what: "With `table.fields.additional.error.on.missing=false`, a column that is missing is left out of the envelope too; the original fails with a NullPointerException.",
    why: "That is what the option says.",
  },
  {
    id: "expressions-of-anything",
    transform: "*",
    what: "Expressions see keys and values of any kind, with and without a schema, and null for null. The original refuses records whose key or value is no struct, and takes null for a struct that has no fields.",
    why: "JSON in a topic often has no schema.",
  },
  {
    id: "expressions-language",
    transform: "*",
    what: "Expressions are JavaScript. `language` may be left out; with `jsr223.groovy` what is JavaScript as well works (`value.op == 'u' && value.before.id == 2` does), all else is refused when the pipeline is made. `valueSchema` is a plain object: `valueSchema.name`, not `valueSchema.name()`.",
    why: "There is no JVM here.",
  },
  {
    id: "mask-decimal-scale",
    transform: "MaskField",
    what: "A decimal that is masked keeps its scale; the original makes one of another scale, which no converter writes.",
    why: "Every record would fail after the transform.",
  },
  {
    id: "metadata-of-any-type",
    transform: "SetSchemaMetadata",
    what: "Any schema gets a name and version; the original refuses all but structs since Kafka 4.",
    why: "It means to: it fails where it looks for fields.",
  },
  {
    id: "replace-collisions",
    transform: "ReplaceField",
    what: "Where a field is renamed to the name of another that is left out, or absent, it has its own value; the original mixes them up. Without a schema, the later one of the record wins; in the original the one that is later in a hash table.",
    why: "The original looks the old name up by the new one.",
  },
  {
    id: "date-weeks",
    transform: "*",
    what: "Patterns of dates with weeks (`w`, `W`, `F`) are refused when the pipeline is made; `Y`, the year of the week, is written as in the United States and not read; nor are dates that a text tells by the weekday alone.",
    why: "They depend on the country that the machine is set to. Who writes `YYYY`, as Connect's own examples do, mostly means `yyyy`: the two differ in the last days of a year.",
  },
  {
    id: "date-zones",
    transform: "*",
    what: "Dates with the name of a time zone other than UTC and GMT are not read; offsets are.",
    why: "Short names mean several zones (`CST`), and the original keeps the one that it read for the records that follow.",
  },
  {
    id: "date-range",
    transform: "*",
    what: "Moments further than 100 million days from 1970 are refused.",
    why: "JavaScript has none.",
  },
  {
    id: "partition-hashes",
    transform: "PartitionRouting",
    what: "Bytes, lists, maps and structs are hashed by what is in them. The original hashes bytes and structs by what differs from one JVM to the next.",
    why: "Equal values have to come into one partition, after a restart too.",
  },
  {
    id: "partition-without-schema",
    transform: "PartitionRouting",
    what: "A change event without a schema is put into its partition; the original lets it pass.",
    why: "As with ExtractNewRecordState.",
  },
  {
    id: "changed-bytes",
    transform: "ExtractChangedRecordState",
    what: "Bytes are compared by what they are. The original takes equal bytes for changed ones.",
    why: "It compares where they lie in memory.",
  },
  {
    id: "changed-without-schema",
    transform: "ExtractChangedRecordState",
    what: "A change event without a schema gets its headers too; the original lets it pass.",
    why: "As with ExtractNewRecordState.",
  },
  {
    id: "header-to-map",
    transform: "HeaderToValue",
    what: "Headers go into values without a schema too; the original refuses them.",
    why: "JSON in a topic often has no schema.",
  },
  {
    id: "header-of-nothing",
    transform: "HeaderToValue",
    what: "A header that holds an empty list becomes an empty list of texts; the original refuses it where the header was read from a topic.",
    why: "ExtractChangedRecordState writes such headers.",
  },
];
