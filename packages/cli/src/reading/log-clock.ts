import type { Batch, Clock } from "@tandem-cdc/core";

/**
 * The time that the log tells, so that what expires does so as it did when the records came. Where it is known when they
 * were processed, it is that: claims age by it, also while a backlog is worked off.
 */
export class LogClock implements Clock {
  readonly #wallAt: (offset: number) => number | undefined;
  #now = 0;

  constructor(wallAt: (offset: number) => number | undefined = () => undefined) {
    this.#wallAt = wallAt;
  }

  now(): number {
    return this.#now;
  }
  async sleep(): Promise<void> {}

  see(batch: Batch): void {
    for (let i = 0; i < batch.length; i++)
      this.#now = Math.max(this.#now, this.#wallAt(batch.offset(i)) ?? batch.timestamp(i));
  }
}
