import type { Batch, Clock } from "@tandem-cdc/core";

/** The time that the log tells, so that what expires does so as it did when the records came. */
export class LogClock implements Clock {
  #now = 0;

  now(): number {
    return this.#now;
  }
  async sleep(): Promise<void> {}

  see(batch: Batch): void {
    for (let i = 0; i < batch.length; i++) this.#now = Math.max(this.#now, batch.timestamp(i));
  }
}
