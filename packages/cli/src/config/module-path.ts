import { existsSync, readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";

class NotInstalled extends Error {}

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
  if (isBuiltin(name)) throw new NotInstalled(missing);
  try {
    return createRequire(here).resolve(name);
  } catch (thrown) {
    // With a path, it is there and has no such file as its package.json names.
    const { code, path } = thrown as NodeJS.ErrnoException;
    if (code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return importedFile(name, here);
    throw code === "MODULE_NOT_FOUND" && path === undefined ? new NotInstalled(missing, { cause: thrown }) : thrown;
  }
}

/** The main file of a package that may only be imported: `require` does not see it. */
function importedFile(name: string, from: string): string {
  for (const folder of createRequire(from).resolve.paths(name) ?? []) {
    const manifest = join(folder, name, "package.json");
    if (!existsSync(manifest)) continue;
    const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly exports?: unknown };
    let target = at(exports, ".") ?? exports;
    while (typeof target === "object") target = at(target, "node") ?? at(target, "import") ?? at(target, "default");
    if (typeof target === "string") return join(folder, name, target);
    break;
  }
  throw new Error("its package.json exports nothing as its main module");
}

function at(holder: unknown, key: string): unknown {
  return typeof holder === "object" && holder !== null ? (holder as Record<string, unknown>)[key] : undefined;
}

/** Whether there is such a package, whatever its state. */
export function isInstalled(name: string, configFile: string): boolean {
  try {
    modulePath(name, configFile);
    return true;
  } catch (thrown) {
    return !(thrown instanceof NotInstalled);
  }
}
