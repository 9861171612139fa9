import type { PipelineEvent } from "@tandem-cdc/core";
import { laneId } from "@tandem-cdc/core";

/** Lines of a story kept at most; what lies in the middle of a longer one is left out. */
const LINES = 60;

/** What happened, as a story to read: faults, and what the pipelines told. Costs nothing unless it is wanted. */
export class Trace {
  readonly #lines: string[] = [];
  readonly #now: () => number;
  readonly #began: number;
  readonly #wanted: boolean;

  constructor(now: () => number, wanted: boolean) {
    this.#now = now;
    this.#began = now();
    this.#wanted = wanted;
  }

  /** Null: there is nothing to tell. */
  tell(text: () => string | null): void {
    if (!this.#wanted) return;
    const line = text();
    if (line !== null) this.#lines.push(`${((this.#now() - this.#began) / 1_000).toFixed(3).padStart(9)} s  ${line}`);
  }

  event(process: string, event: PipelineEvent): void {
    if (!this.#wanted) return;
    const text = told(event);
    if (text !== null) this.tell(() => `${process} ${text}`);
  }

  get story(): readonly string[] {
    const lines = this.#lines;
    if (lines.length <= LINES) return lines;
    const half = LINES / 2;
    return [...lines.slice(0, half), `          ... ${lines.length - LINES} lines left out ...`, ...lines.slice(-half)];
  }
}

function told(event: PipelineEvent): string | null {
  switch (event.type) {
    case "assigned":
    case "rewound":
      return `${event.type === "assigned" ? "gets" : "begins again with"} ${event.lanes.map(({ lane, offset }) => `${laneId(lane)}@${offset}`).join(", ")}`;
    case "revoked":
      return `gives up ${event.lanes.map(laneId).join(", ")}${event.lost ? " (lost already)" : ""}`;
    case "committed":
      return `commits up to ${event.lanes.map(({ lane, nextOffset }) => `${laneId(lane)}@${nextOffset}`).join(", ")}: ${event.inputs} in, ${event.outputs.reduce((sum, batch) => sum + batch.length, 0)} out`;
    case "aborted":
      return `aborts: ${event.error.message}`;
    case "producerRenewed":
      return "has a new producer";
    case "stalled":
      return `stalls: ${event.error.message}`;
    case "stopped":
      return event.error === null ? "stops" : `fails: ${event.error.message}`;
    case "noticed":
      return `tells of ${laneId(event.lane)}: ${event.text}`;
    case "connected":
    case "restoring":
    case "measured":
    case "paused":
    case "polled":
    case "processed":
    case "rejected":
    case "resumed":
      break;
  }
  return null;
}
