import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { available, type ConnectJava, connectJava, type JavaAnswer, type WireRecord } from "@tandem-cdc/testbed";
import { DIFFERENCES } from "../../src/differences.ts";
import { findTransform } from "../../src/index.ts";
import { canonicalRecord } from "./canonical.ts";
import { applyOurs, type Fate, madeOf, testOurs } from "./ours.ts";

/** A configuration in Connect's words, and a record. */
export interface Case {
  readonly config: Readonly<Record<string, string>>;
  readonly record: WireRecord;
  /** Of a predicate. */
  readonly negate?: boolean;
}

/** A configuration without the options that are left open. */
export function said(config: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(config).filter((each): each is [string, string] => each[1] !== undefined));
}

export interface Fates {
  readonly java: Fate;
  readonly ours: Fate;
}

export interface Differential {
  /** Of the original, with `$Key` or `$Value` where it has them; the name by which ours is found. */
  readonly class: string;
  /** Default: what stands in for the class. */
  readonly ours?: typeof madeOf;
  readonly cases: fc.Arbitrary<Case>;
  /** Cases worth trying always. */
  readonly examples?: readonly Case[];
  /** Generated cases; default 50, and 1,000 with `TANDEM_FULL=1`. */
  readonly count?: number;
  /** A new instance of the original for each case: for those that remember what they made of earlier records. */
  readonly fresh?: (tried: Case) => boolean;
  /** Of a case with two different fates: the id of the deliberate difference that it shows, if it is one. */
  readonly difference?: (tried: Case, fates: Fates) => string | undefined;
}

const SEED = Number(process.env["TANDEM_SEED"] ?? 7);
const { ok } = await available(["connect-java"]);

/** Tests, in the file that calls it, that ours and the Java original do the same with each case. */
export function differential(options: Differential): void {
  const name = options.class.split(".").at(-1);
  describe.skipIf(!ok)(`${name} does what the original does`, () => {
    let java: ConnectJava;
    beforeAll(async () => {
      java = await sharedJava();
    });

    for (const [i, example] of (options.examples ?? []).entries())
      test(`example ${i + 1}: ${JSON.stringify(example.config)}`, () => compare(java, options, example));

    const count = options.count ?? (process.env["TANDEM_FULL"] === "1" ? 1_000 : 50);
    test(`${count} generated cases`, async () => {
      const seen = { results: 0, refusals: 0 };
      const property = fc.asyncProperty(options.cases, async (tried) => {
        const fate = await compare(java, options, tried);
        seen["result" in fate ? "results" : "refusals"]++;
      });
      await fc.assert(property, { numRuns: count, seed: SEED, endOnFailure: false });
      // Cases that are all refused would show little.
      expect(seen.results).toBeGreaterThan(count / 5);
    });
  });
}

async function compare(java: ConnectJava, options: Differential, tried: Case): Promise<Fate> {
  const { class: javaClass, difference, fresh, ours: make = madeOf } = options;
  const { negate = false, record } = tried;
  // An option that nobody knows does nothing but tell instances apart.
  const config = fresh?.(tried) === true ? { ...tried.config, "not.an.option": String(++instances) } : tried.config;
  const predicate = javaClass.includes(".predicates.");
  const request = predicate
    ? ({ kind: "predicate", class: javaClass, config, negate, record } as const)
    : ({ kind: "transform", class: javaClass, config, record } as const);
  const [theirs, mine] = await Promise.all([
    java.ask(request).then(fateOf),
    predicate
      ? testOurs(javaClass, tried.config, negate, record)
      : applyOurs(() => make(javaClass, tried.config), record),
  ]);
  if (isDeepStrictEqual(canonical(theirs), canonical(withLeftOut(mine, theirs)))) return theirs;
  const id =
    goesNowhere(mine) && "result" in theirs ? "destinations" : difference?.(tried, { java: theirs, ours: mine });
  if (id === undefined)
    expect(
      { ...canonical(mine), message: message(mine) },
      `ours differs from the original for ${JSON.stringify(tried)}`,
    ).toEqual({
      ...canonical(theirs),
      message: message(theirs),
    });
  if (id !== undefined && !DIFFERENCES.some((each) => each.id === id && concerns(each.transform, javaClass)))
    throw new Error(`"${id}" is no difference of ${javaClass} that is listed in differences.ts`);
  return theirs;
}

function goesNowhere(fate: Fate): boolean {
  return "refused" in fate && fate.error.includes("which cannot exist");
}

function concerns(transform: string, javaClass: string): boolean {
  return (
    transform === "*" || findTransform(javaClass)?.definition.type === transform || javaClass.endsWith(`.${transform}`)
  );
}

function fateOf(answer: JavaAnswer): Fate {
  if ("result" in answer) return answer;
  const { class: of, message: text, phase } = answer.error;
  if (phase === "request") throw new Error(text);
  return { refused: phase, error: `${of}: ${text}` };
}

/**
 * Connect leaves the partition and the timestamp to the producer where a transform says none; ours keeps the record's: the
 * differences "partition-kept" and "timestamp-kept".
 */
function withLeftOut(ours: Fate, theirs: Fate): Fate {
  if (!("result" in ours && "result" in theirs) || !Array.isArray(ours.result) || !Array.isArray(theirs.result))
    return ours;
  const original = (theirs.result as readonly WireRecord[])[0];
  const left = (record: WireRecord): WireRecord => ({
    ...record,
    ...(original?.partition === null ? { partition: null } : {}),
    ...(original?.timestamp === null ? { timestamp: null } : {}),
  });
  return { result: (ours.result as readonly WireRecord[]).map(left) };
}

/** Errors count by their kind; their words are our own. */
function canonical(fate: Fate): { readonly result: unknown } | { readonly refused: string } {
  if ("refused" in fate) return { refused: fate.refused };
  return { result: typeof fate.result === "boolean" ? fate.result : fate.result.map(canonicalRecord) };
}

function message(fate: Fate): string {
  return "refused" in fate ? fate.error : "";
}

let instances = 0;
let shared: Promise<ConnectJava> | undefined;

/** One JVM for the tests of a file. */
function sharedJava(): Promise<ConnectJava> {
  shared ??= connectJava({ log: () => {} });
  return shared;
}

afterAll(async () => {
  await (await shared)?.stop();
});
