import type { Problem } from "./problem.ts";

type Test = (value: unknown) => boolean;

const any: Test = () => true;
const oneOf =
  (...values: string[]): Test =>
  (value) =>
    typeof value === "string" && values.includes(value);
const filled: Test = (value) => value !== null && value !== undefined && (typeof value !== "object" || Object.keys(value).length > 0);
const storeType: Test = (value) => oneOf("level", "rocksdb", "redis", "cassandra")((value as { type?: unknown } | null)?.type);

/** Keys and values that a later release brings: refused until then, so that nobody relies on what does nothing. */
const LATER: readonly (readonly [key: string, test: Test])[] = [
  ["input.format", oneOf("avro", "auto")],
  ["input.registry", filled],
  ["input.fetcher", oneOf("batch")],
  ["dedup.identity", (value) => typeof value === "object" || oneOf("content", "fields", "mysql", "postgresql", "mongodb", "oracle", "sqlserver")(value)],
  ["dedup.mode", oneOf("merge", "position")],
  ["dedup.late", any],
  ["dedup.divergence", any],
  ["dedup.shadow", any],
  ["dedup.store", storeType],
  ["dedup.store.rebuild", any],
  ["transforms", filled],
  ["predicates", filled],
  ["errors.retryTimeoutMs", any],
  ["errors.retryDelayMaxMs", any],
  ["errors.log", any],
  ["errors.deadLetter.headers", any],
  ["admin", filled],
];

/** Takes what is not yet supported out of the raw configuration, and says so. */
export function refuseLater(raw: Record<string, unknown>, problems: Problem[]): void {
  for (const [key, test] of LATER) {
    const path = key.split(".");
    const last = path.pop() ?? "";
    const holder = path.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], raw);
    if (typeof holder !== "object" || holder === null || !(last in holder)) continue;
    const value = (holder as Record<string, unknown>)[last];
    if (!test(value)) continue;
    const shown = typeof value === "string" ? ` "${value}"` : "";
    problems.push({ key, message: `${shown === "" ? "this key is" : `the value${shown} is`} not yet supported: leave it out` });
    delete (holder as Record<string, unknown>)[last];
  }
}
