export { corpusOf, type Kept } from "./corpus.ts";
export { Coverage } from "./coverage.ts";
export { fuzz, type Fuzzed, type FuzzOptions } from "./fuzz.ts";
export type { Target } from "./target.ts";
export { TARGETS } from "./targets/index.ts";
export { type Finding, MAX_BYTES, MAX_MS, tried } from "./trial.ts";
