import { laneId, type Observer, type RecordView } from "@tandem-cdc/core";
import type { Config } from "../config/schema.ts";
import type { Reporter } from "./reporter.ts";

const SHOWN_CHARACTERS = 1_000;

/** Tells what happens, and of records at fault as much as `errors.log` says. */
export function errorLog({ enable, includeMessages }: Config["errors"]["log"], reporter: Reporter): Observer {
  return {
    observe(event) {
      if (event.type !== "rejected") return reporter.event(event);
      if (!enable) return;
      reporter.event(event);
      if (includeMessages) reporter.note(`the record: ${contents(event.record)}`);
    },
  };
}

function contents({ key, lane, offset, timestamp, value }: RecordView): string {
  const part = (bytes: Uint8Array | null): string => (bytes === null ? "null" : shown(bytes));
  return `${laneId(lane)}@${offset}, timestamp ${timestamp}, key ${part(key)}, value ${part(value)}`;
}

/** On one line, whatever it is. */
function shown(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, SHOWN_CHARACTERS * 4)).toString("utf8");
  return JSON.stringify(text.slice(0, SHOWN_CHARACTERS)) + (text.length > SHOWN_CHARACTERS ? "..." : "");
}
