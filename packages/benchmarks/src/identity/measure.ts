import type { IdentityWriter, LaneContext } from "@tandem-cdc/core";
import { percentiles } from "../percentiles.ts";
import type { Subject } from "./subjects.ts";

/** Takes identities as the deduplicator does, up to the hash: into one buffer. */
class Writer implements IdentityWriter {
  readonly #bytes = Buffer.alloc(1 << 16);
  #length = 0;
  written = 0;
  bucket = -1;
  deletes = false;
  aligned = true;
  streamed = true;
  source: string | undefined;
  domain = "";
  position: number = Number.NaN;
  timeMs: number = Number.NaN;

  reset(): void {
    this.written += this.#length;
    this.#length = 0;
    this.bucket = -1;
    this.deletes = false;
    this.aligned = true;
    this.streamed = true;
    this.source = undefined;
    this.domain = "";
    this.position = Number.NaN;
    this.timeMs = Number.NaN;
  }
  bytes(bytes: Uint8Array | null): void {
    if (bytes === null) return;
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
  text(text: string): void {
    this.#length += this.#bytes.write(text, this.#length);
  }
  number(value: number): void {
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }
  content(bytes: Uint8Array | null): void {
    this.bytes(bytes);
  }
}

export interface Rounds {
  readonly rounds: number;
  /** Rounds before them that do not count. */
  readonly warmUp: number;
}

/**
 * Nanoseconds of CPU for each record, the collector's and the compiler's threads included: the median of the rounds, in
 * which all records are read by a lane that is new. CPU, since what else runs on the machine takes its share of the time.
 */
export async function nsPerRecord(subject: Subject, { rounds, warmUp }: Rounds): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < warmUp + rounds; round++) {
    const before = process.cpuUsage();
    if (subject.identity === null) decodeAll(subject);
    else await identifyAll(subject, subject.identity);
    const { system, user } = process.cpuUsage(before);
    const ns = (1_000 * (user + system)) / subject.records;
    if (round >= warmUp) times.push(ns);
  }
  return percentiles(times, [50])[0] ?? Number.NaN;
}

function decodeAll({ batches, decode }: Subject): void {
  for (const batch of batches)
    for (let i = 0; i < batch.length; i++) {
      const [key, value] = [batch.key(i), batch.value(i)];
      if (key !== null) decode(key);
      if (value !== null) decode(value);
    }
}

async function identifyAll({ batches }: Subject, identity: NonNullable<Subject["identity"]>): Promise<void> {
  const writer = new Writer();
  const { signal } = new AbortController();
  const lane = await identity.openLane(contextOf(batches[0]?.lane ?? { topic: "", partition: 0 }, signal), undefined);
  for (const batch of batches) {
    await lane.prepare?.(batch, signal);
    for (let i = 0; i < batch.length; i++) {
      writer.reset();
      const verdict = lane.identify(batch, i, writer);
      // A figure of rejected records would be a figure of nothing.
      if (verdict !== "change" && verdict !== "redelivery")
        throw new Error(`record ${batch.offset(i)}: ${verdict instanceof Error ? verdict.message : verdict}`);
    }
  }
}

function contextOf(lane: LaneContext["lane"], signal: AbortSignal): LaneContext {
  return {
    lane,
    pipeline: "bench",
    partitions: 1,
    startOffset: 0,
    logStart: 0,
    lastTimestamp: null,
    replaying: false,
    signal,
    state: undefined,
    async *replay() {},
    offsetAt: async () => 0,
    restoring: () => undefined,
    report: () => undefined,
    note: () => undefined,
  };
}
