import { LaneLoad } from "./claim-load.ts";
import { type ClaimRate, claimRate } from "./claim-rate.ts";
import type { Subject } from "./subject.ts";

/** Lanes that claim at the same time. */
const LANES = 4;
/** Left out at the beginning, for each lane: JIT, first connections. It also puts what is claimed twice far enough back. */
const WARM_UP_BATCHES = 25;

export interface Figures {
  /** New keys only. */
  readonly fresh: ClaimRate;
  /** Half new keys, half keys that the other source brought before. */
  readonly halves: ClaimRate;
  /** By another instance, whose tables are empty: every bucket is loaded, every claim is a duplicate. */
  readonly takeover: ClaimRate | null;
  /** One claim in a bucket that is read from the disk. */
  readonly coldBucket: Pick<ClaimRate, "p50Ms" | "p99Ms"> | null;
  readonly bytesPerClaim: number | null;
}

export interface MeasureOptions {
  /** Of 1,000 claims, for each lane. */
  readonly batches: number;
  /** Whether another instance comes after this one. */
  readonly takeover: boolean;
}

export async function measure(subject: Subject, options: MeasureOptions): Promise<Figures> {
  const { batches } = options;
  const lanes = Array.from({ length: LANES }, (_, partition) => new LaneLoad("bench", partition));
  const each = <T>(of: (lane: LaneLoad) => T): T[] => lanes.map((lane) => of(lane));
  const store = await subject.open();
  const warm = await claimRate(
    store,
    each((lane) => lane.fresh(WARM_UP_BATCHES)),
  );
  const fresh = await claimRate(
    store,
    each((lane) => lane.fresh(batches)),
  );
  const halves = await claimRate(
    store,
    each((lane) => lane.halves(batches)),
  );
  const live = warm.claims + fresh.claims + halves.claims / 2;
  const weigh = async (): Promise<number | null> => {
    const bytes = await subject.bytes();
    return bytes === undefined ? null : Math.round((bytes / live) * 10) / 10;
  };
  if (!options.takeover) {
    const bytesPerClaim = await weigh();
    await store.close();
    return { fresh, halves, takeover: null, coldBucket: null, bytesPerClaim };
  }
  await store.close();
  const bytesPerClaim = await weigh();
  const successor = await subject.open();
  const takeover = await claimRate(
    successor,
    each((lane) => lane.again(batches)),
  );
  await successor.close();
  return { fresh, halves, takeover, coldBucket: await fromDisk(subject, lanes, batches), bytesPerClaim };
}

async function fromDisk(subject: Subject, lanes: readonly LaneLoad[], batches: number): Promise<Figures["coldBucket"]> {
  if (!(await subject.cool?.())) return null;
  const store = await subject.open();
  // A bucket of each batch, and only one lane at a time: nothing else is to be waited for.
  const { p50Ms, p99Ms } = await claimRate(
    store,
    lanes.slice(0, 1).map((lane) => lane.apart(Math.min(batches, 100), 4)),
  );
  await store.close();
  return { p50Ms, p99Ms };
}
