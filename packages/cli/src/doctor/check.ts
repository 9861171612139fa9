import type { Patient } from "./patient.ts";

export type Status = "ok" | "warning" | "failure" | "skipped";

/** One line of the answer. Without secrets. */
export interface Finding {
  readonly status: Status;
  readonly message: string;
  /** The command, or the key to set, that mends it. */
  readonly fix?: string;
}

/** Something that is looked at. Reads only; a check that throws has failed. */
export interface Check {
  /** Stable: scripts go by it. */
  readonly id: string;
  /** What has to hold, for the documentation. */
  readonly about: string;
  look(patient: Patient): Promise<Finding | readonly Finding[]> | Finding | readonly Finding[];
}

export function ok(message: string): Finding {
  return { status: "ok", message };
}

export function warning(message: string, fix: string): Finding {
  return { status: "warning", message, fix };
}

export function failure(message: string, fix: string): Finding {
  return { status: "failure", message, fix };
}

export function skipped(message: string): Finding {
  return { status: "skipped", message };
}

/** What is wrong, or that nothing is. */
export function orOk(found: readonly Finding[], message: string): readonly Finding[] {
  return found.length > 0 ? found : [ok(message)];
}

/** What a check needs is not there, and another check says so: it is skipped. */
export class Unmet extends Error {
  override readonly name: string = "Unmet";
}
