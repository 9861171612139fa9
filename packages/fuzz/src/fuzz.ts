import { Coverage } from "./coverage.ts";
import { mutated } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Target } from "./target.ts";
import { type Finding, tried } from "./trial.ts";

export interface FuzzOptions {
  readonly corpus: readonly Uint8Array[];
  readonly seed: number;
  readonly seconds: number;
  /** End it earlier: so many inputs, so many findings (default 20). */
  readonly runs?: number;
  readonly most?: number;
  /** Which scripts count, by their address. */
  readonly ours: (url: string) => boolean;
  /** Told of each input before it runs: who watches from outside then knows which one does not end. */
  readonly onInput?: (input: Uint8Array) => void;
}

export interface Fuzzed {
  readonly runs: number;
  /** Characters of code that have run: by the corpus, and at the end. */
  readonly coveredAtFirst: number;
  readonly covered: number;
  /** How many inputs ran code which none before them had. */
  readonly found: number;
  /** Small ones of these that together run all that the corpus does not. */
  readonly worth: readonly Uint8Array[];
  readonly findings: readonly (Finding & { readonly input: Uint8Array })[];
}

/** To ask for the coverage costs some milliseconds: many inputs run for one question, and only a batch with news is looked at more closely. */
const BATCH = 64;

const TURN_MS = 200;

/** Larger ones teach little more and would be many. */
const MAX_KEPT_BYTES = 2_048;

const bytesOf = (text: string | Uint8Array): Uint8Array => (typeof text === "string" ? Buffer.from(text) : text);

/** Changes inputs at random; those that reach new code are changed further. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<Fuzzed> {
  const { most = 20, onInput = () => undefined, ours, seconds, seed } = options;
  const random = new Random(seed);
  const read = await target.open();
  const words = target.words.map(bytesOf);
  const first = [...target.seeds.map(bytesOf), ...options.corpus];
  const corpus = [...first];
  const findings = new Map<string, Finding & { readonly input: Uint8Array }>();
  const coverage = new Coverage(ours);
  let runs = 0;
  let turn = Date.now();
  const run = async (input: Uint8Array): Promise<void> => {
    onInput(input);
    runs++;
    // Code that waits for nothing lets nobody else have a turn: not who says that we live.
    if (Date.now() - turn > TURN_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      turn = Date.now();
    }
    const finding = await tried(target, read, input);
    if (finding !== null)
      findings.set(`${finding.kind} ${finding.what.split("\n").slice(0, 2).join(" ")}`, { ...finding, input });
  };
  /** Finds those of the inputs that reach new code, by halves. */
  const search = async (inputs: readonly Uint8Array[]): Promise<void> => {
    for (const input of inputs) await run(input);
    const [input, ...more] = inputs;
    if (input === undefined || !(more.length > 0 ? coverage.peek() : coverage.take())) return;
    if (more.length === 0) return void corpus.push(input);
    await search(inputs.slice(0, inputs.length / 2));
    await search(inputs.slice(inputs.length / 2));
  };
  try {
    for (const input of first) await run(input);
    coverage.take();
    const coveredAtFirst = coverage.covered;
    const end = Date.now() + seconds * 1_000;
    const enough = (): boolean => Date.now() > end || runs >= (options.runs ?? Infinity) || findings.size >= most;
    while (!enough()) {
      const batch = Array.from({ length: BATCH }, () => mutated({ corpus, words }, random));
      await search(batch);
    }
    const numbers = { runs, coveredAtFirst, covered: coverage.covered, found: corpus.length - first.length };
    coverage.forget();
    for (const input of first) await run(input);
    coverage.take();
    const worth: Uint8Array[] = [];
    for (const input of corpus.slice(first.length).toSorted((a, b) => a.length - b.length)) {
      if (input.length > MAX_KEPT_BYTES) break;
      await run(input);
      if (coverage.take()) worth.push(input);
    }
    return { ...numbers, worth, findings: [...findings.values()] };
  } finally {
    coverage.close();
  }
}
