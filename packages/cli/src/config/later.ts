import { type Path, type Problem, problem } from "./problem.ts";

/** A key, or a value of one, that belongs to a later release. */
export interface Later {
  readonly path: readonly string[];
  /** Values that belong to it; every value when left out. */
  readonly values?: readonly string[];
  /** What to do, or what happens, until then. */
  readonly now: string;
}

/** Everything that is refused until then. */
export const LATER: readonly Later[] = [
  { path: ["input", "fetcher"], values: ["batch"], now: "rdkafka is" },
  { path: ["dedup", "mode"], values: ["position"], now: "claims and merge are" },
];

export interface LaterFindings {
  readonly problems: readonly Problem[];
  /** Where something was taken out. */
  readonly paths: readonly Path[];
}

/** Takes what is not supported yet out of the document, and says so. */
export function takeLater(document: Readonly<Record<string, unknown>>): LaterFindings {
  const problems: Problem[] = [];
  const paths: Path[] = [];
  for (const later of LATER) {
    const { now, path } = later;
    const value = valueIn(document, path);
    if (value === undefined || !concerns(later, value)) continue;
    problems.push(problem(path, `${later.values === undefined ? "" : "this value is "}not yet supported (${now})`));
    paths.push(path);
    delete holderOf(document, path)?.[path.at(-1) ?? ""];
  }
  return { problems, paths };
}

function concerns({ values }: Later, value: unknown): boolean {
  return values?.includes(value as string) ?? true;
}

function valueIn(document: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  return holderOf(document, path)?.[path.at(-1) ?? ""];
}

/** The object that has the last key of a path. */
function holderOf(
  document: Readonly<Record<string, unknown>>,
  path: readonly string[],
): Record<string, unknown> | undefined {
  const holder = path.slice(0, -1).reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), document);
  return isObject(holder) && Object.hasOwn(holder, path.at(-1) ?? "") ? holder : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
