interface Task {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  /** Some code waits for it, which has to have its turn before the next task. */
  readonly awaited: boolean;
}

/** When every simulation begins, milliseconds since the epoch. */
const BEGINNING = 1_700_000_000_000;
/** More steps than any sensible history takes: something spins. */
const MAX_STEPS = 5_000_000;

/**
 * Virtual time. Whatever waits in a simulation waits here, for a moment chosen by the seed; between two moments all code
 * that can run does run. Nothing here looks at the real clock: a day takes as long as what happens in it.
 */
export class Scheduler {
  #now = BEGINNING;
  #orders = 0;
  steps = 0;
  /** Calls to the real world that have not been answered. */
  #outside = 0;
  /** A binary heap, the earliest first. */
  readonly #tasks: Task[] = [];

  get now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): void {
    this.#add({ at: this.#now + Math.max(0, ms), order: this.#orders++, run, awaited: true });
  }

  /** The same for an effect that settles no promise: nobody hears of it, but by what is scheduled next. */
  unheard(ms: number, effect: () => void): void {
    this.#add({ at: this.#now + Math.max(0, ms), order: this.#orders++, run: effect, awaited: false });
  }

  #add(task: Task): void {
    const tasks = this.#tasks;
    let i = tasks.length;
    for (; i > 0;) {
      const parent = (i - 1) >> 1;
      const above = tasks[parent];
      if (above === undefined || before(above, task)) break;
      tasks[i] = above;
      i = parent;
    }
    tasks[i] = task;
  }

  /** Something that waits outside of the simulation (a disk, a network): virtual time stands still until it is settled. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outside++;
    try {
      return await work;
    } finally {
      this.#outside--;
    }
  }

  /** Within such work, something that waits for virtual time after all. */
  async inside<T>(wait: () => Promise<T>): Promise<T> {
    this.#outside--;
    try {
      return await wait();
    } finally {
      this.#outside++;
    }
  }

  /** Lets time pass until the condition holds: false when it did not within `limitMs`, or nothing is left to happen. */
  async run(until: () => boolean, limitMs: number = Infinity): Promise<boolean> {
    const limit = this.#now + limitMs;
    for (let awaited = true; ;) {
      if (awaited) await everythingThatCanRun();
      while (this.#outside > 0) await theRealWorld();
      if (until()) return true;
      const task = this.#tasks[0];
      if (task === undefined || task.at > limit) {
        if (limit < Infinity) this.#now = limit;
        return false;
      }
      if (++this.steps > MAX_STEPS) throw new Error(`a simulation took more than ${MAX_STEPS} steps`);
      this.#pop();
      this.#now = task.at;
      awaited = task.awaited;
      task.run();
    }
  }

  #pop(): void {
    const tasks = this.#tasks;
    const last = tasks.pop();
    if (last === undefined || tasks.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      const left = tasks[child];
      if (left === undefined) break;
      const right = tasks[child + 1];
      const smaller = right !== undefined && before(right, left) ? right : left;
      if (smaller === right) child++;
      if (before(last, smaller)) break;
      tasks[i] = smaller;
      i = child;
    }
    tasks[i] = last;
  }
}

function before(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function theRealWorld(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A tick asked for by a microtask comes when no microtask is left. */
function everythingThatCanRun(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
