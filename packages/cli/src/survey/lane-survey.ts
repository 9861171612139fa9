import {
  type Batch,
  DIGEST_BYTES,
  type HashStrategy,
  type IdentityStrategy,
  laneId,
  type LaneIdentity,
  TandemError,
} from "@tandem-cdc/core";
import { Columns } from "@tandem-cdc/dedup";
import { contextOf, type LaneReading } from "../reading/lane-reading.ts";
import { sourceOf } from "../reading/source.ts";
import { ChangeTable } from "./change-table.ts";
import { Counts, type Ordering } from "./counts.ts";
import { LaneSources } from "./lane-sources.ts";

export interface LaneSurveyOptions {
  readonly identity: IdentityStrategy;
  readonly hash: HashStrategy;
  /** The header that names the connector; without it, copies are told from each other by nothing. */
  readonly header: string | undefined;
  /** Changes that are held in memory at most. */
  readonly maxChanges: number;
}

/** What the identity reports of the record at hand. */
interface Reported {
  /** It found it out of order: it gives such a change another place. */
  disorder: boolean;
  /** It cannot tell whether it is the one that the same source has sent before. */
  ambiguous: boolean;
}

/** Stands for every sender where none is named. */
const ANYBODY = "";

/** Counts what the records of one lane are. Everything is forgotten with the lane: what remains are the counts. */
export class LaneSurvey {
  readonly counts = new Counts();
  readonly #reading: LaneReading;
  readonly #options: LaneSurveyOptions;
  readonly #identity: LaneIdentity;
  readonly #columns: Columns;
  readonly #table: ChangeTable;
  readonly #sources = new LaneSources();
  readonly #reported: Reported;
  /** An equal content may belong to another change; any other identity is of one change alone. */
  readonly #byContent: boolean;

  private constructor(
    reading: LaneReading,
    options: LaneSurveyOptions,
    identity: LaneIdentity,
    reported: Reported,
    byContent: boolean,
  ) {
    this.#reported = reported;
    this.#byContent = byContent;
    this.#reading = reading;
    this.#options = options;
    this.#identity = identity;
    this.#columns = new Columns(options.hash, []);
    this.#table = new ChangeTable(options.maxChanges);
    this.counts.lanes = 1;
  }

  static async open(reading: LaneReading, from: number, options: LaneSurveyOptions): Promise<LaneSurvey> {
    const strategy = options.identity.forTopic?.(reading.lane.topic) ?? options.identity;
    const reported: Reported = { disorder: false, ambiguous: false };
    const report = (name: string): void => {
      if (name === "gtid-order-violation") reported.disorder = true;
      if (name === "ambiguous") reported.ambiguous = true;
    };
    const identity = await strategy.openLane(contextOf(reading, "survey", from, { report }), undefined);
    return new LaneSurvey(reading, options, identity, reported, strategy.name.startsWith("content-"));
  }

  /** Reads the lane from `from` on, to its end, or until the table is full. `at` is told how far it is. */
  static async read(
    reading: LaneReading,
    from: number,
    options: LaneSurveyOptions,
    at: (offset: number) => void,
  ): Promise<Counts> {
    const survey = await LaneSurvey.open(reading, from, options);
    const { end, lane, reader, signal } = reading;
    try {
      for await (const batch of reader.read(lane, from, end, signal)) {
        if (batch.length === 0) continue;
        if (!(await survey.#see(batch))) break;
        at(batch.offset(batch.length - 1) + 1);
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      survey.counts.unfinished.push(`${laneId(lane)}: interrupted`);
    }
    return survey.#finished();
  }

  /** False when the reading ends here. */
  async #see(batch: Batch): Promise<boolean> {
    await this.#identity.prepare?.(batch, this.#reading.signal);
    for (let i = 0; i < batch.length; i++) {
      if (this.#table.isFull) return this.#unfinished(batch, i, fullOf(this.#options.maxChanges));
      try {
        this.#record(batch, i);
      } catch (thrown) {
        if (!(thrown instanceof TandemError) || thrown.retriable) throw thrown;
        if (thrown.code !== "LANE_NULL_KEY") return this.#unfinished(batch, i, thrown.message);
        this.counts.nullKeys++;
        this.counts.sample("null key", thrown.code, this.#place(batch, i));
      }
    }
    return true;
  }

  #unfinished(batch: Batch, i: number, why: string): false {
    this.counts.unfinished.push(`${this.#place(batch, i)}: ${why}`);
    return false;
  }

  #record(batch: Batch, i: number): void {
    const { counts } = this;
    counts.records++;
    counts.time(batch.timestamp(i));
    const name = sourceOf(batch, i, this.#options.header);
    if (name !== undefined) counts.source(name).records++;
    const { writer } = this.#columns;
    writer.reset();
    this.#reported.disorder = false;
    this.#reported.ambiguous = false;
    const verdict = this.#identity.identify(batch, i, writer);
    if (verdict instanceof Error) {
      counts.unidentifiable++;
      counts.sample("unidentifiable", verdict.message, this.#place(batch, i));
    } else if (verdict === "change") this.#change(batch, i, name ?? writer.source ?? ANYBODY);
    else if (verdict === "redelivery") {
      counts.redeliveries++;
      counts.duplicates++;
    } else counts[SIMPLE[verdict]]++;
  }

  #change(batch: Batch, i: number, name: string): void {
    const { counts } = this;
    const columns = this.#columns;
    const { aligned, domain, position } = columns.writer;
    const offset = batch.offset(i);
    const source = this.#sources.numberOf(name);
    const goesBack = this.#sources.goesBack(source, domain, position) || this.#reported.disorder;
    columns.reset(1);
    columns.add(offset);
    const table = this.#table;
    const entry = table.entryOf(columns.digests.subarray(0, DIGEST_BYTES));
    const seen = table.copies[entry] ?? 0;
    const bit = (1 << source) >>> 0;
    // What is sent again lies before what was sent, and is no disorder.
    if (name !== ANYBODY && goesBack && ((table.sources[entry] ?? 0) & bit) === 0) {
      counts.outOfOrder.add(ordering(domain));
      counts.orderViolations++;
      counts.sample("order violation", `source ${name}, ${domain === "" ? "log" : domain}`, this.#place(batch, i));
    }
    if (seen === 0) {
      table.offsets[entry] = offset;
      table.timestamps[entry] = batch.timestamp(i);
      table.fingerprints[entry] = columns.fingerprint;
      table.first[entry] = source;
      counts.changes++;
      if (name !== ANYBODY) counts.source(name).firsts++;
    } else {
      counts.duplicates++;
      this.#again(batch, i, entry, source, name, aligned);
    }
    table.sources[entry] = (table.sources[entry] ?? 0) | bit;
    table.copies[entry] = Math.min(255, seen + 1);
  }

  /** A change that was seen before. */
  #again(batch: Batch, i: number, entry: number, source: number, name: string, aligned: boolean): void {
    const { counts } = this;
    const table = this.#table;
    const first = table.offsets[entry] ?? 0;
    const repeated = name === ANYBODY ? (table.copies[entry] ?? 0) > 1 : ((table.sources[entry] ?? 0) >>> source) & 1;
    const differs = table.fingerprints[entry] !== this.#columns.fingerprint;
    const where = `${this.#place(batch, i)}, first at ${first}`;
    if (repeated && name !== ANYBODY && aligned && !this.#byContent && !this.#reported.ambiguous) {
      counts.redeliveries++;
      return;
    }
    if (repeated) {
      counts.ambiguous++;
      counts.sample("ambiguous", name === ANYBODY ? "more than two records" : "twice by one source", where);
      return;
    }
    if (differs && !aligned) {
      counts.ambiguous++;
      counts.sample("ambiguous", "the beginning of its transaction was not read", where);
      return;
    }
    counts.copies++;
    if (differs) {
      counts.divergences++;
      counts.sample("divergence", "copies differ in content", where);
    }
    this.#sources.meet(table.first[entry] ?? 0, first, source, batch.offset(i));
    const [before = -1, now] = [table.timestamps[entry], batch.timestamp(i)];
    if (before >= 0 && now >= 0) counts.late(Math.max(0, now - before), where);
  }

  /** What is known only when all is read: which changes one source alone has sent. */
  #finished(): Counts {
    const { counts } = this;
    const table = this.#table;
    const sources = this.#sources;
    for (let entry = 0; entry < table.size; entry++) {
      const seenBy = table.sources[entry] ?? 0;
      const only = table.first[entry] ?? 0;
      if (this.#options.header === undefined ? (table.copies[entry] ?? 0) > 1 : seenBy !== (1 << only) >>> 0) {
        if (this.#options.header === undefined || sources.areAll(seenBy)) counts.everywhere++;
        continue;
      }
      const when = sources.missing(only, table.offsets[entry] ?? 0);
      if (when === "beginning") counts.singleAtBeginning++;
      else if (when === "end") counts.singleAtEnd++;
      else {
        counts.singleSource++;
        const name = sources.nameOf(only);
        const offset = table.offsets[entry] ?? 0;
        counts.sample(
          "single source",
          name === ANYBODY ? "seen once" : `by ${name} only`,
          `${laneId(this.#reading.lane)}@${offset}`,
        );
      }
    }
    return counts;
  }

  #place(batch: Batch, i: number): string {
    return `${laneId(this.#reading.lane)}@${batch.offset(i)}`;
  }
}

const SIMPLE = { snapshot: "snapshotRows", tombstone: "tombstones", pass: "passed", ignored: "ignored" } as const;

/** What orders a domain: the sequence of MariaDB's GTIDs, that of MySQL's, or a log. */
function ordering(domain: string): Ordering {
  if (/^\d+$/.test(domain)) return "mariadb";
  return /^[\da-f]{8}-/.test(domain) ? "mysql" : "log";
}

function fullOf(changes: number): string {
  return `${changes} changes are in memory, which is the limit (--max-changes): what comes after it was not read, and may hold copies of what is counted as seen once`;
}
