import type { Clock, LaneContext, Transform } from "@tandem-cdc/core";
import type { Scheduler } from "../scheduler.ts";

/**
 * A transform that may wait for the real world (a file, a timer): virtual time stands still meanwhile. While it waits for
 * virtual time itself (its clock, the lane's past), that goes on.
 */
export function mayWait(transform: Transform, scheduler: Scheduler): Transform {
  const contexts = new WeakMap<LaneContext, LaneContext>();
  const seen = (context: LaneContext): LaneContext => {
    const known = contexts.get(context) ?? virtual(context, scheduler);
    contexts.set(context, known);
    return known;
  };
  const outside = <T>(work: T | Promise<T>): T | Promise<T> =>
    work instanceof Promise ? scheduler.outside(work) : work;
  return {
    name: transform.name,
    apply: (batch, context) => outside(transform.apply(batch, seen(context))),
    openLane: (context) => outside(transform.openLane?.(seen(context))),
    closeLane: (context) => outside(transform.closeLane?.(seen(context))),
    close: () => outside(transform.close?.()),
  };
}

export function virtualClock(clock: Clock, scheduler: Scheduler): Clock {
  // Whole milliseconds, as clocks tell them.
  return { now: () => Math.floor(clock.now()), sleep: (ms, signal) => scheduler.inside(() => clock.sleep(ms, signal)) };
}

function virtual(context: LaneContext, scheduler: Scheduler): LaneContext {
  async function* replay(from: number, to: number) {
    const batches = context.replay(from, to)[Symbol.asyncIterator]();
    for (;;) {
      const next = await scheduler.inside(() => batches.next());
      if (next.done === true) return;
      yield next.value;
    }
  }
  const offsetAt = (timestampMs: number): Promise<number> => scheduler.inside(() => context.offsetAt(timestampMs));
  return new Proxy(context, {
    get(target, name) {
      if (name === "replay") return replay;
      if (name === "offsetAt") return offsetAt;
      const found: unknown = Reflect.get(target, name);
      return typeof found === "function" ? (found.bind(target) as unknown) : found;
    },
    set: (target, name, value) => Reflect.set(target, name, value),
  });
}
