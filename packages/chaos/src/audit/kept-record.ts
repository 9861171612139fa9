import { createHash } from "node:crypto";
import type { Stored } from "@tandem-cdc/acceptance";
import type { AuditedRecord, Copy } from "@tandem-cdc/testkit";

/** A record without its bytes: what takes their place is equal when they are, so that millions fit in memory. */
export interface KeptRecord extends AuditedRecord {
  readonly deletes: boolean;
}

export interface KeptCopy extends Copy {
  readonly record: KeptRecord;
}

/** The end of an invented event: its operation, and the history's own id of the change. */
const TAIL = /"op":"(\w)","ts_ms":\d+,"change":(\d+)\}$/;
const TAIL_BYTES = 80;

/** Equal keys and equal headers share an object: there are few of them. */
const shared = new Map<string, Buffer>();

function once(text: string): Buffer {
  const known = shared.get(text);
  if (known !== undefined) return known;
  const made = Buffer.from(text);
  shared.set(text, made);
  return made;
}

export function keptRecord({ headers, key, offset, partition, timestamp, value }: Stored): KeptCopy {
  const tail = value === null ? null : TAIL.exec(value.toString("latin1", Math.max(0, value.length - TAIL_BYTES)));
  const record = {
    partition,
    offset,
    timestamp,
    key: key === null ? null : once(key.toString("latin1")),
    value: value === null ? null : createHash("sha256").update(value).digest(),
    headers: once(JSON.stringify(headers)),
    deletes: tail?.[1] === "d",
  };
  // What is no event of the history has no copy there, and is found as altered.
  const id = value === null ? null : (tail?.[2] ?? `unreadable ${partition}@${offset}`);
  return { id, record };
}
