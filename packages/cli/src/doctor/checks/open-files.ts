import { readFileSync } from "node:fs";
import { type Check, ok, skipped, warning } from "../check.ts";
import { isEmbedded } from "./thread-pool.ts";

const WITH_FILES = 4_096;
const WITHOUT = 1_024;

export const openFiles: Check = {
  id: "node.open-files",
  about: `A process may open ${WITHOUT.toLocaleString("en")} files, or ${WITH_FILES.toLocaleString("en")} with an embedded store.`,
  look({ config }) {
    const limit = softLimit();
    if (limit === undefined) return skipped("this system does not tell its limit of open files");
    const needed = isEmbedded(config) ? WITH_FILES : WITHOUT;
    if (limit >= needed) return ok(`${limit === Infinity ? "any number of" : limit} open files are allowed`);
    return warning(
      `only ${limit} open files are allowed, and connections and the store's files may need ${needed}`,
      `ulimit -n ${needed} before it starts, or LimitNOFILE=${needed} in the service's unit`,
    );
  },
};

function softLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? undefined : soft === "unlimited" ? Infinity : Number(soft);
  } catch {
    return undefined;
  }
}
