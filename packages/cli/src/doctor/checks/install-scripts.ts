import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Check, type Finding, orOk, skipped, warning } from "../check.ts";

/** The one that has to be compiled; those of the embedded stores bring what they need ready-made. */
const COMPILED = "node-rdkafka";
/** From here on npm runs the install scripts of those packages only that `allowScripts` lists. */
const ASKS_FOR_LEAVE = 12;
const NPM_MS = 8_000;

export const installScripts: Check = {
  id: "node.install-scripts",
  about:
    "npm will build the Kafka client at the next installation: install scripts are not switched off, and npm 12 has its leave.",
  async look({ configFile }) {
    const npm = await npmSays(dirname(resolve(configFile)));
    if (npm === undefined) return skipped("npm is not there, or does not answer");
    const found: Finding[] = [];
    if (npm.ignoresScripts)
      found.push(
        warning(
          "npm is told to run no install scripts (ignore-scripts), so the next installation leaves the Kafka client unbuilt",
          `npm rebuild ${COMPILED} --ignore-scripts=false after each installation, or npm config delete ignore-scripts`,
        ),
      );
    if (npm.major >= ASKS_FOR_LEAVE && !npm.allowed.has(COMPILED))
      found.push(
        warning(
          `npm ${npm.version} runs the install scripts of approved packages only, and ${COMPILED} is not approved`,
          `npm approve-scripts ${COMPILED} in the folder of package.json`,
        ),
      );
    return orOk(found, `npm ${npm.version} runs install scripts`);
  },
};

interface Npm {
  readonly version: string;
  readonly major: number;
  readonly ignoresScripts: boolean;
  /** Packages in `allowScripts` of the nearest package.json. */
  readonly allowed: ReadonlySet<string>;
}

async function npmSays(folder: string): Promise<Npm | undefined> {
  const ask = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)("npm", args, { cwd: folder, timeout: NPM_MS });
    return stdout.trim();
  };
  try {
    const [version, ignores] = await Promise.all([ask("--version"), ask("config", "get", "ignore-scripts")]);
    const major = Number(version.split(".")[0]);
    return { version, major, ignoresScripts: ignores === "true", allowed: allowedIn(folder) };
  } catch {
    return undefined;
  }
}

function allowedIn(folder: string): ReadonlySet<string> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { allowScripts } = JSON.parse(readFileSync(join(at, "package.json"), "utf8")) as { allowScripts?: unknown };
      if (typeof allowScripts !== "object" || allowScripts === null) return new Set();
      const given = Object.entries(allowScripts).filter(([, allowed]) => allowed === true);
      // `name@version` is a way to write it too.
      return new Set(given.map(([name]) => name.replace(/(.)@.*$/, "$1")));
    } catch {
      if (dirname(at) === at) return new Set();
    }
  }
}
