/** Runs tasks one at a time, in the order of the calls. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

/** Something to wait for that may happen before or after the wait begins: `notify` lets one wait pass. */
export class Notification {
  #set = false;
  #waiting: (() => void) | undefined;

  notify(): void {
    this.#set = true;
    this.#waiting?.();
  }

  async wait(): Promise<void> {
    if (!this.#set) await new Promise<void>((resolve) => (this.#waiting = resolve));
    this.#waiting = undefined;
    this.#set = false;
  }
}
