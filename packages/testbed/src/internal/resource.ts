import { fileURLToPath } from "node:url";

/** The path of a file of `resources/`; the same from `src/` and from `dist/`. */
export function resource(name: string): string {
  return fileURLToPath(new URL(`../../resources/${name}`, import.meta.url));
}
