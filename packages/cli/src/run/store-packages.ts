import { asError, TandemError } from "@tandem-cdc/core";

/** A package that not everybody needs, loaded when it is asked for. */
export async function loadPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (thrown) {
    if (isMissing(thrown, name))
      throw new TandemError(
        "CONFIG_INVALID",
        `dedup.store: this type of store is a package of its own, which is not installed: npm install ${name}`,
        { cause: thrown },
      );
    throw new TandemError("NATIVE_MODULE_MISSING", `${name} cannot be loaded: ${asError(thrown).message}`, {
      cause: thrown,
    });
  }
}

/** The package itself, and not one that it needs. */
function isMissing(thrown: unknown, name: string): boolean {
  const { code, message } = asError(thrown) as NodeJS.ErrnoException;
  return code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${name}'`);
}
