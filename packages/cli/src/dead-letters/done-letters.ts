import type { JsonValue } from "@tandem-cdc/core";

type Range = readonly [from: number, to: number];

/**
 * Which letters of a lane are dealt with, as ranges of offsets. Letters that lie next to each other share one; what the log
 * has lost is forgotten.
 */
export class DoneLetters {
  readonly #before: readonly Range[];
  /** Of the letters from `#from` to `#to`, which were gone through. */
  readonly #now: [from: number, to: number][] = [];
  readonly #from: number;
  #to: number;
  /** The letter before was dealt with. */
  #open = false;

  /** `state`: what `state()` was when the letters before `from` were committed. */
  constructor(state: JsonValue | undefined, { from = 0, logStart = 0 } = {}) {
    this.#before = Array.isArray(state) ? cut(state as Range[], logStart, Infinity) : [];
    this.#from = from;
    this.#to = from;
  }

  has(offset: number): boolean {
    return this.#before.some(([from, to]) => from <= offset && offset < to);
  }

  /** Goes on to this letter. */
  pass(offset: number, done: boolean): void {
    const last = this.#now.at(-1);
    if (done && this.#open && last !== undefined) last[1] = offset + 1;
    else if (done) this.#now.push([offset, offset + 1]);
    this.#open = done;
    this.#to = offset + 1;
  }

  /** What is known of other letters stays as it was. */
  state(): JsonValue {
    const ranges = [
      ...cut(this.#before, 0, this.#from),
      ...this.#now.map(([from, to]): Range => [from, to]),
      ...cut(this.#before, this.#to, Infinity),
    ];
    return ranges.map(([from, to]) => [from, to]);
  }
}

/** What of the ranges lies between. */
function cut(ranges: readonly Range[], from: number, to: number): readonly Range[] {
  return ranges
    .map((range): Range => [Math.max(range[0], from), Math.min(range[1], to)])
    .filter(([begin, end]) => begin < end);
}
