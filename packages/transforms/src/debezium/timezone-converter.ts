import { type DataObject, type DataValue, type Schema, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { defineTransform, type TransformDefinition } from "../define.ts";
import { option } from "../options.ts";
import { envelopeOf, fieldOf, filled, type Struct } from "./envelope.ts";
import { inZone, safe } from "./time-in-zone.ts";
import { type TimeZone, timeZone } from "./time-zone.ts";

const LIST = /^\[[".\w\s]+:(?:[".\w\s]+(?::[".\w\s]+)?(?:,|\]$))+$/;

const rules = (what: string) =>
  option
    .list()
    .default([])
    .refine(
      (list) => list.length === 0 || LIST.test(`[${list.join(", ")}]`),
      "has to be made of rules such as source:TABLE, source:TABLE:FIELD, topic:TOPIC, topic:TOPIC:FIELD, NAME:FIELD",
    )
    .describe(what);

const options = z
  .strictObject({
    "converted.timezone": option
      .filledText()
      .describe("A zone such as `America/Los_Angeles`, or an offset such as `+08:00`."),
    "include.list": rules(
      "What is converted: `source:TABLE`, `source:TABLE:FIELD`, `topic:TOPIC`, `topic:TOPIC:FIELD`, `NAME:FIELD` of a topic or table. Fields may begin with `before.`, `after.` or `source.`. Default: all times of all rows.",
    ),
    "exclude.list": rules("What is not converted, written as `include.list`. Only one of the two may be given."),
  })
  .refine((given) => given["include.list"].length === 0 || given["exclude.list"].length === 0, {
    path: ["exclude.list"],
    message: "may not be given together with include.list",
  });

/** Debezium's TimezoneConverter. */
export const timezoneConverter: TransformDefinition<typeof options> = defineTransform({
  name: "TimezoneConverter",
  doc: "Converts the times in rows of change events to a time zone: texts with a zone are written in it, times without one are taken for what its clocks show. Needs schemas.",
  aliases: ["io.debezium.transforms.TimezoneConverter"],
  options,
  create(given) {
    const zone = timeZone(given["converted.timezone"]);
    const [include, exclude] = [given["include.list"], given["exclude.list"]];
    const scopeOf =
      include.length > 0
        ? included(parsedRules(include))
        : exclude.length > 0
          ? excluded(parsedRules(exclude))
          : () => ALL;
    return (record) => {
      const event = envelopeOf(record);
      if (event?.schema === undefined || event.schema === null) return record;
      const scope = scopeOf(record.topic, tableOf(event));
      const value = scope === undefined ? event.value : convertedEvent(event, event.schema, scope, zone);
      return value === event.value ? record : record.with({ value });
    };
  },
});

/** Which fields of an event are converted; undefined: none at all. */
interface Scope {
  readonly takes: (part: Part, field: string) => boolean;
  /** The event's own times, in `source`, only where a rule names one. */
  readonly source: boolean;
}

type Part = "before" | "after" | "source";
const PARTS: readonly Part[] = ["before", "after", "source"];
const ALL: Scope = { takes: () => true, source: false };

/** Fields by the table or topic that they are of; none named: all. */
interface Rules {
  readonly topics: Map<string, Set<string>>;
  readonly tables: Map<string, Set<string>>;
  readonly either: Map<string, Set<string>>;
}

function parsedRules(list: readonly string[]): Rules {
  const found: Rules = { topics: new Map(), tables: new Map(), either: new Map() };
  // A rule without a prefix has that of the one before it.
  let prefix: string | undefined;
  for (const rule of list) {
    const [first = "", second, third] = rule.split(":");
    const prefixed = second !== undefined && /^(source|topic)$/i.test(first);
    if (prefixed) prefix = first;
    const [name, field] = prefixed ? [second, third] : [first, second];
    const names = prefix === "topic" ? found.topics : prefix === "source" ? found.tables : found.either;
    const fields = names.get(name) ?? new Set();
    if (field !== undefined) fields.add(field);
    names.set(name, fields);
  }
  return found;
}

function fieldsOf(
  { either, tables, topics }: Rules,
  topic: string,
  table: string | null,
): ReadonlySet<string> | undefined {
  const of = (names: Map<string, Set<string>>, name: string | null) => (name === null ? undefined : names.get(name));
  return of(topics, topic) ?? of(tables, table) ?? of(either, topic) ?? of(either, table);
}

type ScopeOf = (topic: string, table: string | null) => Scope | undefined;

function included(list: Rules): ScopeOf {
  return (topic, table) => {
    const fields = fieldsOf(list, topic, table);
    if (fields === undefined) return undefined;
    if (fields.size === 0) return ALL;
    const named = byPart(fields);
    return { takes: (part, field) => named[part].has(field), source: named.source.size > 0 };
  };
}

function excluded(list: Rules): ScopeOf {
  return (topic, table) => {
    const fields = fieldsOf(list, topic, table);
    if (fields === undefined) return ALL;
    if (fields.size === 0) return undefined;
    const named = byPart(fields);
    return { takes: (part, field) => !named[part].has(field), source: named.source.size > 0 };
  };
}

function byPart(fields: ReadonlySet<string>): Record<Part, Set<string>> {
  const named: Record<Part, Set<string>> = { before: new Set(), after: new Set(), source: new Set() };
  for (const field of fields) {
    const part = PARTS.find((each) => field.startsWith(`${each}.`));
    if (part !== undefined) named[part].add(field.slice(part.length + 1));
    else for (const each of ["before", "after"] as const) named[each].add(field);
  }
  return named;
}

function tableOf({ schema, value }: Struct): string | null {
  const of = schema === null ? undefined : fieldOf(schema, "source");
  if (of?.type !== "struct") return null;
  const source = filled(value, "source", of) as DataObject | null;
  if (source === null) throw new TandemError("RECORD_MALFORMED", "the change event has no source");
  const field = fieldOf(of, "table");
  return field?.type === "string" ? (filled(source, "table", field) as string | null) : null;
}

function convertedEvent(event: Struct, schema: Schema, scope: Scope, zone: TimeZone): DataObject {
  const changes = PARTS.filter((part) => part !== "source" || scope.source).flatMap((part): [string, DataValue][] => {
    const of = fieldOf(schema, part);
    if (of?.type !== "struct") return [];
    const row = filled(event.value, part, of) as DataObject | null;
    return row === null ? [] : [[part, convertedRow(row, of, part, scope, zone)]];
  });
  const changed = changes.filter(([part, row]) => row !== event.value[part]);
  return changed.length === 0 ? event.value : { ...event.value, ...Object.fromEntries(changed) };
}

/** Times of the event that are whole numbers without a name. */
const EPOCHS: Readonly<Record<string, bigint>> = { ts_ms: 1_000n, ts_us: 1_000_000n, ts_ns: 1_000_000_000n };

function convertedRow(row: DataObject, schema: Schema, part: Part, { takes }: Scope, zone: TimeZone): DataObject {
  const changes = (schema.fields ?? []).flatMap((field): [string, DataValue][] => {
    const { name, type } = field.schema;
    const unit = part === "source" && name === undefined ? EPOCHS[field.name] : undefined;
    if ((name === undefined && unit === undefined) || !takes(part, field.name)) return [];
    const value = filled(row, field.name, field.schema);
    if (value === null) return [];
    if (unit === undefined) {
      const converted = inZone(name ?? "", value, zone);
      return converted === undefined ? [] : [[field.name, converted]];
    }
    if (type !== "int64" || (typeof value !== "number" && typeof value !== "bigint"))
      throw new TandemError("RECORD_MALFORMED", `source.${field.name} is no int64`);
    return [[field.name, safe(BigInt(value) + BigInt(zone.at(Number((BigInt(value) * 1_000n) / unit))) * unit)]];
  });
  return changes.length === 0 ? row : { ...row, ...Object.fromEntries(changes) };
}
