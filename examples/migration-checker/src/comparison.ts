import { type DataObject, type DataValue, sameValue } from "@tandem-cdc/core";

/** How the service's data differs from the database's. A type, not an interface: it goes out as a record's value. */
export type Mismatch = {
  readonly id: string;
  readonly kind: "missing" | "left over" | "differs";
  /** By field; empty unless they differ. */
  readonly fields: { readonly [field: string]: { readonly database: DataValue; readonly service: DataValue } };
};

/** A row as the last change left it: `after` is null when it was deleted. */
export interface Expected {
  readonly id: string;
  readonly before: DataObject | null;
  readonly after: DataObject | null;
}

/** A row's id as the service is asked for it. */
export function idOf({ id }: DataObject): string {
  if (typeof id === "string" || typeof id === "number" || typeof id === "bigint") return `${id}`;
  throw new TypeError("a row, and its key, needs an id: a number or a text");
}

/** Grows with every change of a row, in the database and in the service. */
const VERSION = "version";

/** Null where nothing is wrong, or where the service is ahead: then a later change of the stream decides. */
export function compare({ after, before, id }: Expected, found: DataObject | undefined): Mismatch | null {
  if (found === undefined) return after === null ? null : { id, kind: "missing", fields: {} };
  if (Number(found[VERSION]) > Number((after ?? before)?.[VERSION])) return null;
  if (after === null) return { id, kind: "left over", fields: {} };
  const fields = Object.entries(after)
    .map(([field, database]) => ({ field, database, service: found[field] ?? null }))
    .filter(({ database, service }) => !sameValue(database, service));
  if (fields.length === 0) return null;
  return {
    id,
    kind: "differs",
    fields: Object.fromEntries(fields.map(({ database, field, service }) => [field, { database, service }])),
  };
}
