import { laneId, type PipelineEvent, type StartedLane } from "@tandem-cdc/core";
import { pino } from "pino";
import { type Progress, progressLine } from "./progress.ts";

/** Shows what happens: to people on a terminal, as JSON lines to programs. */
export interface Reporter {
  readonly progress: (progress: Progress) => void;
  readonly event: (event: PipelineEvent) => void;
  readonly note: (text: string) => void;
  /** Before the last words: leaves the terminal on a fresh line. */
  readonly end: () => void;
}

interface Told {
  readonly name: string;
  readonly level: "info" | "warn";
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function startedText(lanes: readonly StartedLane[]): string {
  return lanes.map(({ lane, offset }) => `${laneId(lane)} from ${offset}`).join(", ");
}

/** Takes secrets out of a text. */
type Safe = (text: string) => string;

/** The events that are worth a line of their own. */
function told(event: PipelineEvent, safe: Safe): Told | null {
  const tell = (level: Told["level"], text: string, fields: Told["fields"] = {}): Told => ({
    name: event.type,
    level,
    text,
    fields,
  });
  switch (event.type) {
    case "connected":
      return tell("info", "connected");
    case "assigned":
      return tell("info", `assigned ${startedText(event.lanes)}`, { lanes: event.lanes });
    case "rewound":
      return tell("info", `started again: ${startedText(event.lanes)}`, { lanes: event.lanes });
    case "revoked":
      return tell("info", `gave up ${event.lanes.map(laneId).join(", ")}`, { lanes: event.lanes });
    case "aborted":
      return tell("warn", `transaction aborted: ${safe(event.error.message)}`, { error: safe(event.error.message) });
    case "producerRenewed":
      return tell("warn", `new producer after: ${safe(event.cause.message)}`, { error: safe(event.cause.message) });
    case "stalled":
      return tell("warn", `waiting (${event.retryInMs} ms): ${safe(event.error.message)}`, {
        error: safe(event.error.message),
        retryInMs: event.retryInMs,
      });
    case "rejected":
      return tell("warn", `rejected ${laneId(event.lane)}@${event.offset}: ${safe(event.rejection.cause.message)}`, {
        lane: event.lane,
        offset: event.offset,
        stage: event.rejection.stage,
        error: safe(event.rejection.cause.message),
      });
    case "noticed":
      return tell("info", `${laneId(event.lane)}: ${safe(event.text)}`, { lane: event.lane });
    case "polled":
    case "processed":
    case "restoring":
    case "measured":
    case "committed":
    case "paused":
    case "resumed":
    case "stopped":
      break;
  }
  return null;
}

/** A line that is written over once a second, and lines above it. */
export function terminalReporter(
  safe: Safe,
  out: Pick<NodeJS.WriteStream, "columns" | "write"> = process.stdout,
): Reporter {
  let line = "";
  const above = (text: string): void => void out.write(`\r\x1b[K${text}\n${line}`);
  return {
    progress(progress) {
      line = progressLine(progress).slice(0, (out.columns ?? 120) - 1);
      out.write(`\r\x1b[K${line}`);
    },
    event(event) {
      const what = told(event, safe);
      if (what !== null) above(what.text);
    },
    note: (text) => above(safe(text)),
    end() {
      if (line !== "") out.write("\n");
      line = "";
    },
  };
}

/** One JSON object a line on stdout. */
export function jsonReporter(safe: Safe): Reporter {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 1, sync: true }));
  return {
    progress({ reason, ...progress }) {
      log.info({ event: "progress", ...progress, ...(reason === null ? {} : { reason: safe(reason) }) });
    },
    event(event) {
      const what = told(event, safe);
      if (what !== null) log[what.level]({ event: what.name, ...what.fields }, what.text);
    },
    note: (text) => log.info({ event: "notice" }, safe(text)),
    end: () => undefined,
  };
}
