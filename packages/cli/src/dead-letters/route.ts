import type { Letter } from "./letter.ts";

/** Where a letter resumes, and whether its record has to be read from the input again. */
export interface Route {
  /**
   * `later`: at that later stage. `emitted`: its key is claimed, or needs no claim, so it passes the first stage in any case.
   * `claimed`: it has never claimed its key, which it has to do first.
   */
  readonly from: "claimed" | "emitted" | { readonly later: number };
  readonly fromInput: boolean;
}

export interface Routing {
  readonly pipeline: string;
  /** Name of the stage that claims: `dedup`. */
  readonly first: string;
  /** Names of the stages behind it. */
  readonly later: readonly string[];
  /** Copies that have diverged are emitted too. */
  readonly diverged: boolean;
  /** Letters that have not claimed are emitted without a claim. */
  readonly unclaimed: boolean;
}

/** The way that a letter goes; a text says why there is none. */
export function routeOf(letter: Letter, routing: Routing): Route | string {
  const { pipeline, reason, record, refused, resumeAt, stage } = letter;
  const { diverged, first, later, unclaimed } = routing;
  if (record === null) return "no headers tell where it comes from (errors.deadLetter.headers: false?)";
  if (pipeline !== routing.pipeline)
    return `it belongs to ${pipeline === "" ? "no pipeline that is named" : `pipeline ${pipeline}`}`;
  if (reason === "divergence" && !diverged)
    return "it is a copy that has diverged: its change was emitted, as the first copy has it (--diverged emits this one too)";
  if (reason !== "") return { from: "emitted", fromInput: refused };
  if (resumeAt === first) return { from: unclaimed ? "emitted" : "claimed", fromInput: refused };
  if (refused) return { from: "emitted", fromInput: true };
  if (later.length <= 1) return { from: { later: 0 }, fromInput: false };
  const at = later.indexOf(resumeAt);
  if (at < 0) return `stage "${stage}" (${resumeAt}) is not in this configuration: name its transforms as they were`;
  return { from: { later: at }, fromInput: false };
}
