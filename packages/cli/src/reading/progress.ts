const count = new Intl.NumberFormat("en");
const EVERY_MS = 1_000;

/** Tells on stderr how far a long reading is; nothing of one that takes no second. */
export class ReadingProgress {
  readonly #write: (line: string) => void;
  #told = Date.now();

  constructor(write: (line: string) => void = (line) => process.stderr.write(`${line}\n`)) {
    this.#write = write;
  }

  at(what: string, offset: number, from: number, to: number): void {
    if (Date.now() - this.#told < EVERY_MS) return;
    this.#told = Date.now();
    this.#write(`reading ${what}: ${count.format(offset - from)} of ${count.format(to - from)} records`);
  }
}
