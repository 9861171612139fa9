import { inspect } from "node:util";
import { type DataObject, isDataObject, sameValue, type DataValue } from "@tandem-cdc/core";

/** What a value may be expected to be: a part of it; a pattern of text; a test; or a matcher such as `expect.any(Number)`. */
export type Expected =
  | DataValue
  | RegExp
  | ((actual: never) => boolean)
  | { readonly asymmetricMatch: (actual: unknown) => boolean }
  | readonly Expected[]
  | { readonly [field: string]: Expected };

/** Where an actual value differs from what is expected. Empty: nowhere. */
export function differences(actual: unknown, expected: Expected, path: string): readonly string[] {
  if (expected instanceof RegExp)
    return typeof actual === "string" && expected.test(actual) ? [] : [told(path, expected, actual)];
  if (typeof expected === "function")
    return expected(actual as never) ? [] : [`${path}: the test of it is not passed by ${shown(actual)}`];
  if (isMatcher(expected)) return expected.asymmetricMatch(actual) ? [] : [told(path, expected, actual)];
  if (Array.isArray(expected)) {
    const list = expected as readonly Expected[];
    if (!Array.isArray(actual) || actual.length !== list.length) return [told(path, expected, actual)];
    return list.flatMap((each, i) => differences(actual[i], each, `${path}[${i}]`));
  }
  if (isDataObject(expected)) {
    if (!isDataObject(actual)) return [told(path, expected, actual)];
    const there: DataObject = actual;
    return Object.entries(expected).flatMap(([name, each]) =>
      differences(Object.hasOwn(there, name) ? there[name] : undefined, each as Expected, `${path}.${name}`),
    );
  }
  return sameValue(actual as DataValue, expected as DataValue) ? [] : [told(path, expected, actual)];
}

function isMatcher(
  expected: Expected,
): expected is { readonly asymmetricMatch: (actual: unknown) => boolean } & Expected {
  return (
    typeof expected === "object" &&
    expected !== null &&
    "asymmetricMatch" in expected &&
    typeof expected.asymmetricMatch === "function"
  );
}

function told(path: string, expected: unknown, actual: unknown): string {
  return `${path}: expected ${shown(expected)}, found ${actual === undefined ? "nothing" : shown(actual)}`;
}

export function shown(value: unknown): string {
  const text = inspect(value, { breakLength: Infinity, depth: 6, maxStringLength: 300 });
  return text.length > 600 ? `${text.slice(0, 600)}...` : text;
}
