/** So many within a minute mean that somebody else lives under the same id. */
const MOST = 3;
const WINDOW_MS = 60_000;

/**
 * Counts how often a client was fenced. Once or twice need not be a rival: a group coordinator that moves while brokers die
 * may know an older member id of ours, and a zombie that wakes up is fenced itself in the end.
 */
export class Fences {
  #times: number[] = [];

  add(): void {
    this.#times.push(Date.now());
  }

  get rival(): boolean {
    const now = Date.now();
    this.#times = this.#times.filter((at) => now - at < WINDOW_MS);
    return this.#times.length >= MOST;
  }
}
