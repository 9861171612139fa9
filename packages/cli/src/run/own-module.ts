import { pathToFileURL } from "node:url";
import { asError, TandemError } from "@tandem-cdc/core";
import { modulePath } from "../config/module-path.ts";
import { didYouMean } from "../config/suggestion.ts";

/** Where a module of somebody else's making is asked for. */
export interface Wanted {
  /** The key of the configuration that names it. */
  readonly key: string;
  /** What it is to be, such as `a key store`. */
  readonly as: string;
  /** Words that stand for something of ours in its place. */
  readonly known: readonly string[];
  /** What its default export has to be, such as `a function`. */
  readonly kind: string;
  readonly fits: (found: unknown) => boolean;
}

/** The default export of a path (relative to the configuration) or a package. */
export async function ownModule(
  name: string,
  configFile: string,
  { as, fits, key, kind, known }: Wanted,
): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(modulePath(name, configFile)).href)) as { readonly default?: unknown };
    if (!fits(module.default)) throw new Error(`it has no default export that is ${kind}`);
    return module.default;
  } catch (thrown) {
    throw new TandemError(
      "CONFIG_INVALID",
      `${key}: "${name}" cannot be loaded as ${as}: ${asError(thrown).message}${didYouMean(name, known)} (known types: ${known.join(", ")}; or the path or package of a module)`,
      { cause: thrown },
    );
  }
}
