import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import { asError, type DataValue, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { definePredicate, type PredicateDefinition, type RecordPredicate, type RecordTest } from "../define.ts";
import { headerData } from "../header-data.ts";
import { option } from "../options.ts";
import type { ConnectRecord } from "../record.ts";

const options = z
  .strictObject({
    expression: option
      .filledText()
      .optional()
      .describe(
        'True or false of `record`, `key`, `value`, `headers` and `topic`, such as `topic === "shop.orders" && value?.amount > 100`. Fields that are absent are undefined; `headers` has the last value of each name.',
      ),
    module: option
      .filledText()
      .optional()
      .describe(
        "Path of a module, relative to the configuration, whose default export is a function `(record) => boolean`.",
      ),
  })
  .refine(
    ({ expression, module }) => (expression === undefined) !== (module === undefined),
    "needs an expression or a module, and not both",
  );

/** A predicate in JavaScript. */
export const javaScript: PredicateDefinition<typeof options> = definePredicate({
  name: "JavaScript",
  doc: "Asks an expression or a function of your own. It is code of whoever writes the configuration, and can do what the process can: do not take it from others. It must not write into what it sees.",
  options,
  create: ({ expression, module = "" }, { folder, name }) =>
    expression === undefined ? ofModule(resolve(folder, module), name) : compiled(expression),
});

/** What an expression may speak of, and where it is in a record: decoded only if it is spoken of. */
const PARTS: Readonly<Record<string, (record: ConnectRecord) => unknown>> = {
  record: (record) => record,
  key: (record) => record.key,
  value: (record) => record.value,
  headers: headersOf,
  topic: (record) => record.topic,
};

function compiled(expression: string): RecordTest {
  const parts = Object.entries(PARTS).filter(([part]) => new RegExp(String.raw`\b${part}\b`).test(expression));
  const read = parts.map(([, of]) => of);
  let run: (...args: readonly unknown[]) => unknown;
  try {
    const made: unknown = compileFunction(
      `"use strict"; return (${expression}\n);`,
      parts.map(([part]) => part),
    );
    run = made as typeof run;
  } catch (thrown) {
    throw new TandemError("CONFIG_INVALID", `"${expression}" is no expression: ${asError(thrown).message}`, {
      cause: thrown,
    });
  }
  // That it is true or false is checked for every predicate.
  return (record) => run(...read.map((of) => of(record))) as boolean;
}

function headersOf({ headers }: ConnectRecord): Readonly<Record<string, DataValue>> {
  return Object.fromEntries(headers.map(({ key, value }) => [key, headerData(value).value]));
}

function ofModule(path: string, name: string): RecordPredicate {
  let test: RecordTest = () => {
    throw new TypeError(`predicate "${name}" is not open`);
  };
  let loading: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    const { default: ask } = (await import(pathToFileURL(path).href).catch((thrown: unknown) => {
      throw new TandemError(
        "CONFIG_INVALID",
        `predicate "${name}": ${path} cannot be loaded: ${asError(thrown).message}`,
        {
          cause: thrown,
        },
      );
    })) as { readonly default?: unknown };
    if (typeof ask !== "function")
      throw new TandemError(
        "CONFIG_INVALID",
        `predicate "${name}": the default export of ${path} has to be a function (record) => boolean`,
      );
    test = ask as RecordTest;
  };
  return { test: (record) => test(record), open: () => (loading ??= load()) };
}
