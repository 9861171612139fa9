import { Session } from "node:inspector";

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface Script {
  readonly scriptId: string;
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly Range[] }[];
}

/** Which code of ours has run, by V8's own counters of blocks. */
export class Coverage {
  readonly #session = new Session();
  readonly #ours: (url: string) => boolean;
  /** By script: a byte for each character, 1 when it has run. */
  #seen = new Map<string, Uint8Array>();
  /** Characters of code that have run. */
  covered = 0;

  constructor(ours: (url: string) => boolean) {
    this.#ours = ours;
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Takes what has run since the last call; whether any of it had not run before. */
  take(): boolean {
    let news = false;
    for (const { functions, scriptId, url } of this.#scripts()) {
      if (!this.#ours(url)) continue;
      const ran = paint(functions.map(({ ranges }) => ranges));
      news = this.#add(scriptId, ran) || news;
    }
    return news;
  }

  /** Whether there is news, without remembering it. */
  peek(): boolean {
    const [seen, covered] = [this.#seen, this.covered];
    this.#seen = new Map([...seen].map(([script, ran]) => [script, Uint8Array.from(ran)]));
    const news = this.take();
    [this.#seen, this.covered] = [seen, covered];
    return news;
  }

  /** Begins anew. Not by a new session: code that is compiled already has no counters of blocks then. */
  forget(): void {
    this.take();
    this.#seen = new Map();
    this.covered = 0;
  }

  close(): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  /** The session is this thread's own: it answers at once. */
  #scripts(): readonly Script[] {
    let scripts: readonly Script[] = [];
    this.#session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error !== null) throw error;
      scripts = result;
    });
    return scripts;
  }

  #add(script: string, ran: Uint8Array): boolean {
    let seen = this.#seen.get(script) ?? new Uint8Array(0);
    if (seen.length < ran.length) {
      const longer = new Uint8Array(ran.length);
      longer.set(seen);
      this.#seen.set(script, (seen = longer));
    }
    const before = this.covered;
    for (let i = 0; i < ran.length; i++)
      if (ran[i] === 1 && seen[i] === 0) {
        seen[i] = 1;
        this.covered++;
      }
    return this.covered > before;
  }
}

/** Outer ranges come first; an inner one says otherwise for its part. What was not called says nothing. */
function paint(functions: readonly (readonly Range[])[]): Uint8Array {
  const called = functions.filter((ranges) => (ranges[0]?.count ?? 0) > 0);
  const ran = new Uint8Array(Math.max(0, ...called.map((ranges) => ranges[0]?.endOffset ?? 0)));
  for (const ranges of called)
    for (const { count, endOffset, startOffset } of ranges) ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return ran;
}
