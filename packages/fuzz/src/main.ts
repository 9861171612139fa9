// npm run fuzz -- [--seconds N] [--target NAME] [--seed S] [--save] [--json]
import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { keep } from "./corpus.ts";
import { TARGETS } from "./targets/index.ts";
import type { Answered, Asked } from "./worker.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    target: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    save: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const names = TARGETS.map(({ name }) => name);
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (!(seconds > 0) || !Number.isInteger(seed) || (values.target !== undefined && !names.includes(values.target))) {
  console.error(
    `usage: npm run fuzz -- [--seconds N, of each target] [--target ${names.join("|")}] [--seed S] [--save] [--json]`,
  );
  process.exit(2);
}

/** A worker that has said nothing for so long hangs in an input. */
const SILENCE_MS = 20_000;
const MEMORY_MB = 512;

/** One target, in a process of its own that is ended when it hangs. */
function fuzzed(target: string, current: string): Promise<Answered> {
  const asked: Asked = { target, seconds, seed, save: values.save, current };
  const child = fork(fileURLToPath(new URL("worker.js", import.meta.url)), [JSON.stringify(asked)], {
    execArgv: [`--max-old-space-size=${MEMORY_MB}`],
  });
  return new Promise((resolve) => {
    let answer: Answered | undefined;
    let silent = false;
    const silence = (): NodeJS.Timeout =>
      setTimeout(() => {
        silent = true;
        child.kill("SIGKILL");
      }, SILENCE_MS);
    let timer = silence();
    child.on("message", (message) => {
      clearTimeout(timer);
      timer = silence();
      if (message !== "alive") answer = message as Answered;
    });
    child.on("exit", () => {
      clearTimeout(timer);
      resolve(answer ?? ended(target, current, silent));
    });
  });
}

/** The process did not live to answer: the input that ran then is at fault. */
function ended(target: string, current: string, silent: boolean): Answered {
  const written = existsSync(current) ? readFileSync(current) : Buffer.alloc(0);
  const input = written.length < 4 ? written : written.subarray(4, 4 + written.readUInt32LE(0));
  const what = silent ? `no end after ${SILENCE_MS} ms` : "the process ended: out of memory, or a native crash";
  const finding = { kind: silent ? "hang" : "crash", what, file: keep(target, input, "crash-") };
  return { runs: 0, coveredAtFirst: 0, covered: 0, found: 0, kept: 0, findings: [finding] };
}

const folder = mkdtempSync(join(tmpdir(), "tandem-fuzz-"));
let findings = 0;
try {
  for (const target of values.target === undefined ? names : [values.target]) {
    const answer = await fuzzed(target, join(folder, target));
    findings += answer.findings.length;
    if (values.json) console.log(JSON.stringify({ target, seconds, seed, ...answer }));
    else {
      const { covered, coveredAtFirst, found, kept, runs } = answer;
      console.log(
        `${target}: ${runs} inputs in ${seconds} s (seed ${seed}); ${covered} characters of code ran, ${coveredAtFirst} by the corpus alone; ${found} inputs reached new code${values.save ? `, ${kept} kept` : ""}`,
      );
      for (const { file, kind, what } of answer.findings) console.log(`FOUND ${kind} (${file}): ${what}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(findings === 0 ? 0 : 1);
