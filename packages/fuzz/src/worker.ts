// One target in a process of its own: what it takes or holds does not reach the others, and a hang can be ended.
import { openSync, writeSync } from "node:fs";
import { corpusOf, keep } from "./corpus.ts";
import { fuzz } from "./fuzz.ts";
import { TARGETS } from "./targets/index.ts";

/** What the worker is asked for, as JSON in its only argument. */
export interface Asked {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  readonly save: boolean;
  /** Where it writes each input before it runs. */
  readonly current: string;
}

/** What it answers; until then it says every second that it lives. */
export interface Answered {
  readonly runs: number;
  readonly coveredAtFirst: number;
  readonly covered: number;
  readonly found: number;
  readonly kept: number;
  readonly findings: readonly { readonly kind: string; readonly what: string; readonly file: string }[];
}

const asked = JSON.parse(process.argv[2] ?? "{}") as Asked;
const target = TARGETS.find(({ name }) => name === asked.target);
if (target === undefined || process.send === undefined) throw new Error("this is started by main.js");
const say = process.send.bind(process);
const alive = setInterval(() => say("alive"), 1_000);
const current = openSync(asked.current, "w");
const size = Buffer.alloc(4);
const ours = (url: string): boolean => /\/packages\/(?!fuzz\/)[a-z-]+\/dist\//.test(url);
const corpus = corpusOf(target.name).map(({ input }) => input);
const { findings, worth, ...numbers } = await fuzz(target, {
  corpus,
  seconds: asked.seconds,
  seed: asked.seed,
  ours,
  onInput(input) {
    size.writeUInt32LE(input.length);
    writeSync(current, Buffer.concat([size, input]), 0, undefined, 0);
  },
});
const kept = asked.save ? worth : [];
for (const input of kept) keep(target.name, input);
const answer: Answered = {
  ...numbers,
  kept: kept.length,
  findings: findings.map(({ input, kind, what }) => ({ kind, what, file: keep(asked.target, input, "crash-") })),
};
clearInterval(alive);
say(answer, undefined, {}, () => process.exit(0));
