import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Verdict } from "@tandem-cdc/testkit";
import type { Sight } from "./chaos-audit.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/audit/auditor-process.js", import.meta.url));

/** The auditor's process, as the run talks to it. */
export interface Auditor {
  /** What it saw last. */
  readonly sight: Sight;
  /** Resolves with the first sight that passes, or with null after `ms`. */
  until(test: (sight: Sight) => boolean, ms: number): Promise<Sight | null>;
  /** Has it wait for the rest of the output, and judge. */
  judge(): Promise<Verdict>;
  stop(): Promise<void>;
}

/** Starts the auditor; resolves when it reads. */
export async function startAuditor(bootstrap: string, input: string, output: string): Promise<Auditor> {
  const child = spawn(process.execPath, ["--max-old-space-size=8192", PROGRAM, bootstrap, input, output], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  let sight = JSON.parse(await first(lines, ended)) as Sight;
  const verdict = new Promise<Verdict>((resolve, reject) => {
    lines.on("line", (line) => {
      const said = JSON.parse(line) as Sight | { readonly verdict: Verdict };
      if ("verdict" in said) resolve(said.verdict);
      else sight = said;
    });
    void ended.then(() => reject(new Error("the auditor ended without a verdict: see above")));
  });
  verdict.catch(() => undefined); // whoever asks for it hears of it
  return {
    get sight() {
      return sight;
    },
    async until(test, ms) {
      const end = Date.now() + ms;
      while (!test(sight)) {
        if (Date.now() > end) return null;
        await Promise.race([once(lines, "line"), verdict]);
      }
      return sight;
    },
    judge() {
      child.stdin.write("judge\n");
      return verdict;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

async function first(lines: NodeJS.EventEmitter, ended: Promise<unknown>): Promise<string> {
  const line = await Promise.race([once(lines, "line"), ended.then(() => null)]);
  if (line === null) throw new Error("the auditor ended at its start: see above");
  return line[0] as string;
}
