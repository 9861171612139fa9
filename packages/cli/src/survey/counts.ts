import { Latency } from "../run/latency.ts";

/** A few of many: how often, and where the first one lies. */
export interface Sample {
  readonly what: string;
  count: number;
  readonly at: string;
}

/** What was counted of a source. */
export interface SourceCounts {
  records: number;
  /** Changes that it was the first to send. */
  firsts: number;
}

/** By what changes are in order. */
export type Ordering = "mariadb" | "mysql" | "log";

const MOST_SAMPLES = 20;
const MOST_SOURCES = 32;

/** What a survey counts, of a topic or of all. */
export class Counts {
  lanes = 0;
  records = 0;
  /** Different streamed changes. */
  changes = 0;
  /** Changes that every source of their lane has sent. */
  everywhere = 0;
  /** Records of a change that another source has sent before. */
  copies = 0;
  /** Records that are no first copy, whatever else they are: what a deduplicator takes out. */
  duplicates = 0;
  /** Changes that one source alone has sent, though the others have passed them. */
  singleSource = 0;
  /** The same before the sources meet: their copies may lie before what was read. */
  singleAtBeginning = 0;
  /** The same at the end: their copies may still come. */
  singleAtEnd = 0;
  divergences = 0;
  ambiguous = 0;
  unidentifiable = 0;
  redeliveries = 0;
  tombstones = 0;
  snapshotRows = 0;
  passed = 0;
  ignored = 0;
  nullKeys = 0;
  orderViolations = 0;
  /** What order was violated. */
  readonly outOfOrder = new Set<Ordering>();
  readonly lateness = new Latency();
  latenessMaxMs: number | null = null;
  latenessMaxAt = "";
  firstTimestamp = Infinity;
  lastTimestamp = -Infinity;
  readonly sources = new Map<string, SourceCounts>();
  /** Samples by kind: why records could not be identified, where copies diverge, ... */
  readonly samples = new Map<string, Sample[]>();
  /** Lanes that were not read to their end, and why. */
  readonly unfinished: string[] = [];

  sample(kind: string, what: string, at: string): void {
    const samples = this.samples.get(kind) ?? [];
    this.samples.set(kind, samples);
    const known = samples.find((each) => each.what === what);
    if (known !== undefined) known.count++;
    else if (samples.length < MOST_SAMPLES) samples.push({ what, count: 1, at });
  }

  late(ms: number, at: string): void {
    this.lateness.add(ms);
    if (this.latenessMaxMs !== null && ms <= this.latenessMaxMs) return;
    this.latenessMaxMs = ms;
    this.latenessMaxAt = at;
  }

  source(name: string): SourceCounts {
    const known = this.sources.get(name);
    if (known !== undefined) return known;
    if (this.sources.size >= MOST_SOURCES) return this.source("(others)");
    const made = { records: 0, firsts: 0 };
    this.sources.set(name, made);
    return made;
  }

  time(timestamp: number): void {
    if (timestamp < 0) return;
    this.firstTimestamp = Math.min(this.firstTimestamp, timestamp);
    this.lastTimestamp = Math.max(this.lastTimestamp, timestamp);
  }

  add(other: Counts): void {
    for (const name of SUMS) this[name] += other[name];
    for (const ordering of other.outOfOrder) this.outOfOrder.add(ordering);
    this.lateness.merge(other.lateness);
    if (other.latenessMaxMs !== null && other.latenessMaxMs > (this.latenessMaxMs ?? -1)) {
      this.latenessMaxMs = other.latenessMaxMs;
      this.latenessMaxAt = other.latenessMaxAt;
    }
    this.firstTimestamp = Math.min(this.firstTimestamp, other.firstTimestamp);
    this.lastTimestamp = Math.max(this.lastTimestamp, other.lastTimestamp);
    for (const [name, { firsts, records }] of other.sources) {
      const into = this.source(name);
      into.records += records;
      into.firsts += firsts;
    }
    for (const [kind, samples] of other.samples)
      for (const { at, count, what } of samples) {
        this.sample(kind, what, at);
        const into = this.samples.get(kind)?.find((each) => each.what === what);
        if (into !== undefined) into.count += count - 1;
      }
    this.unfinished.push(...other.unfinished);
  }
}

/** What is simply added up. */
export const SUMS = [
  "lanes",
  "records",
  "changes",
  "everywhere",
  "copies",
  "duplicates",
  "singleSource",
  "singleAtBeginning",
  "singleAtEnd",
  "divergences",
  "ambiguous",
  "unidentifiable",
  "redeliveries",
  "tombstones",
  "snapshotRows",
  "passed",
  "ignored",
  "nullKeys",
  "orderViolations",
] as const;
