import { existsSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, resolve } from "node:path";

/** The file of a module that a configuration names: a path relative to it, or a package that is installed there or above. */
export function modulePath(name: string, configFile: string): string {
  const here = resolve(configFile);
  if (name.startsWith(".") || name.startsWith("/")) {
    const path = resolve(dirname(here), name);
    if (!existsSync(path)) throw new Error(`there is no file ${path}`);
    return path;
  }
  const missing = `no package of this name is installed in ${dirname(here)} or above`;
  // One of Node's own modules is nobody's store or identity.
  if (isBuiltin(name)) throw new Error(missing);
  try {
    return createRequire(here).resolve(name);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    throw code === "MODULE_NOT_FOUND" ? new Error(missing, { cause: thrown }) : thrown;
  }
}

/** Whether there is such a package, whatever its state. */
export function isInstalled(name: string, configFile: string): boolean {
  try {
    modulePath(name, configFile);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== undefined;
  }
}
