import { nearest } from "./suggestion.ts";
import { type Path, type Problem, problem } from "./problem.ts";

/** A key or value that belongs to a later release. */
interface Later {
  readonly path: readonly string[];
  /** Which values of it; all when left out. */
  readonly when?: (value: unknown) => boolean;
  readonly now: string;
  /** What goes with it, so that it is not complained about as well. */
  readonly without?: readonly string[];
}

const oneOf =
  (...values: readonly string[]) =>
  (value: unknown): boolean =>
    values.includes(value as string);

function filled(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function otherIdentity(value: unknown): boolean {
  return typeof value === "string" && value !== "debezium" && nearest(value, ["debezium"]) === undefined;
}

/** Everything that is refused until then. */
export const LATER: readonly Later[] = [
  { path: ["input", "format"], when: oneOf("avro", "auto"), now: "json is" },
  { path: ["input", "registry"], when: filled, now: "leave it out or empty" },
  { path: ["input", "fetcher"], when: oneOf("batch"), now: "rdkafka is" },
  { path: ["dedup", "identity"], when: otherIdentity, now: "debezium is" },
  { path: ["dedup", "mode"], when: oneOf("merge", "position"), now: "claims is" },
  { path: ["dedup", "late"], now: "leave it out: a change that comes back after the horizon is emitted" },
  { path: ["dedup", "shadow"], now: "leave it out" },
  { path: ["dedup", "divergence"], now: "leave it out: divergences are counted" },
  { path: ["dedup", "store", "type"], when: oneOf("level", "rocksdb", "redis", "cassandra"), now: 'memory is, or a module of your own such as "./my-store.js"', without: ["dedup", "store"] },
  { path: ["dedup", "store", "rebuild"], now: "leave it out: the memory store forgets on restart" },
  { path: ["transforms"], when: filled, now: "leave it out or empty" },
  { path: ["predicates"], when: filled, now: "leave it out or empty" },
  { path: ["errors", "retryTimeoutMs"], now: "leave it out" },
  { path: ["errors", "retryDelayMaxMs"], now: "leave it out" },
  { path: ["errors", "log"], now: "leave it out" },
  { path: ["errors", "deadLetter", "headers"], now: "leave it out" },
  { path: ["admin"], when: filled, now: "leave it out or empty" },
];

/** Takes what is not supported yet out of the document, and says so. `paths`: what was taken out. */
export function refuseLater(document: Readonly<Record<string, unknown>>): { readonly problems: readonly Problem[]; readonly paths: readonly Path[] } {
  const problems: Problem[] = [];
  const paths: Path[] = [];
  for (const { now, path, when, without = path } of LATER) {
    const holder = holderOf(document, path);
    const last = path.at(-1) ?? "";
    if (holder === undefined) continue;
    // Options of somebody's own store are theirs.
    if (path[1] === "store" && last !== "type" && holder["type"] !== "memory") continue;
    if (when?.(holder[last]) === false) continue;
    problems.push(problem(path, `${when === undefined ? "" : "this value is "}not yet supported (${now})`));
    paths.push(path);
    delete holderOf(document, without)?.[without.at(-1) ?? ""];
  }
  return { problems, paths };
}

/** The object that has the last key of a path. */
function holderOf(document: Readonly<Record<string, unknown>>, path: readonly string[]): Record<string, unknown> | undefined {
  const holder = path.slice(0, -1).reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), document);
  return isObject(holder) && Object.hasOwn(holder, path.at(-1) ?? "") ? holder : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
