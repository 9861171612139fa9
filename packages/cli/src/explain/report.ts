import type { NamedField } from "./named-fields.ts";
import { actionOf, type Answer, differenceOf, isDoubtful, kindOf, place, reasonOf } from "./words.ts";

/** For people: what it is, what it is known by, who owns it, what becomes of it. */
export function explanationLines(answer: Answer): string[] {
  const { claimed, fields, floor, lane, offset, owner, seen, strategy } = answer;
  const difference = differenceOf(answer);
  return [
    `${lane}@${offset}${floor === null || offset >= floor ? "" : " (processed)"}`,
    line("record", recordWords(answer)),
    line("it is", kindOf(answer)),
    line("identity", `${strategy || "none"}${seen?.aligned === false ? " (transaction's beginning unseen)" : ""}`),
    ...fields.map(fieldLine),
    line("key", claimed === null ? "none: it makes no claim" : keyWords(answer)),
    ...(owner === null ? [] : [line("owner", `${owner.offset === offset ? "itself" : place(owner)}, by the log`)]),
    ...storeLines(answer),
    line(fateWords(answer), reasonOf(answer)),
    ...contextLines(answer.fate.context ?? {}),
    ...contentLines(answer),
    ...(difference === null ? [] : [line("note", difference)]),
  ];
}

/** The same as one object. */
export function explanationJson(answer: Answer): Record<string, unknown> {
  const {
    claimed,
    fate,
    fields,
    floor,
    lane,
    offset,
    owner,
    ownerContents,
    readFrom,
    seen,
    store,
    strategy,
    timestamp,
  } = answer;
  return {
    found: true,
    lane,
    offset,
    timestamp,
    source: answer.source,
    recordKey: answer.key,
    valueBytes: answer.valueBytes,
    is: seen === null ? null : seen.verdict instanceof Error ? "error" : seen.verdict,
    strategy,
    fields,
    contents: seen?.contents ?? [],
    aligned: seen?.aligned ?? null,
    key: claimed === null ? null : { digest: digestOf(answer), bucket: claimed.claims.buckets[0] ?? null },
    ownerByLog: owner,
    ownerContents,
    ownerByStore: store,
    processed: floor !== null && offset < floor,
    readFrom,
    perhaps: isDoubtful(answer),
    fate: { ...fate, kind: actionOf(answer), why: reasonOf(answer) },
    difference: differenceOf(answer),
  };
}

function line(title: string, text: string): string {
  return `  ${title.padEnd(WIDTH)} ${text}`.trimEnd();
}

/** As wide as "would be diverted". */
const WIDTH = 17;

function fieldLine({ name, value }: NamedField): string {
  return line("", `${name.padEnd(14)} ${value === null ? "null" : String(value)}`);
}

/** What diverted records carry. */
function contextLines(context: Readonly<Record<string, string>>): string[] {
  const isLog = context["domain"]?.startsWith("lsn ") === true;
  return Object.entries(context).map(([name, value]) => {
    const isPlace = isLog && (name === "position" || name === "boundary");
    return fieldLine({ name, value: isPlace ? `${value} (LSN ${sqlServerBlock(Number(value))})` : value });
  });
}

/** File and block of a position in SQL Server's log, as its LSNs have them. The number is too coarse for the record's slot. */
function sqlServerBlock(position: number): string {
  const blocks = Math.floor(position / 512);
  const hex = (part: number): string => part.toString(16).padStart(8, "0");
  return `${hex(Math.floor(blocks / 2 ** 32))}:${hex(blocks % 2 ** 32)}`;
}

/** What both copies say, one below the other. */
function contentLines({ fate, owner, ownerContents, seen }: Answer): string[] {
  if (fate.reason !== "divergence" || owner === null || seen === null) return [];
  return [
    line("this copy", ""),
    ...seen.contents.map(fieldLine),
    line("the first copy", owner.source === null ? "" : `by source ${owner.source}`),
    ...ownerContents.map(fieldLine),
  ];
}

function recordWords({ key, source, timestamp, valueBytes }: Answer): string {
  const time = timestamp < 0 ? "no time" : new Date(timestamp).toISOString();
  const value = valueBytes === null ? "value null" : `value of ${valueBytes} bytes`;
  return [time, `key ${key ?? "null"}`, value, ...(source === null ? [] : [`source ${source}`])].join(", ");
}

function digestOf({ claimed }: Answer): string {
  return Buffer.from(claimed?.claims.digests ?? []).toString("hex");
}

function keyWords(answer: Answer): string {
  return `${digestOf(answer)}, bucket ${answer.claimed?.claims.buckets[0] ?? ""}`;
}

function storeLines({ offset, store }: Answer): string[] {
  if (store === null) return [];
  if ("silent" in store) return [line("", `by the store: not asked (${store.silent})`)];
  const owner = store.owner === null ? "no claim" : store.owner === offset ? "itself" : String(store.owner);
  return [line("", `${owner}, by the store`)];
}

function fateWords(answer: Answer): string {
  const { floor, offset } = answer;
  const action = actionOf(answer);
  if (action === "stopped") return "stops";
  if (isDoubtful(answer)) return `perhaps ${action}`;
  return `${floor !== null && offset < floor ? "was" : "would be"} ${action}`;
}
