import { type Batch, type Lane, type Projection } from "@tandem-cdc/core";
import { loadHash } from "@tandem-cdc/dedup";
import { type LogReader, openLogReader } from "@tandem-cdc/kafka";
import type { Config } from "../config/schema.ts";
import { beginOf } from "../reading/lane-reading.ts";
import { sourceOf } from "../reading/source.ts";
import { formatOf } from "../run/format.ts";
import { strategiesOf } from "../run/strategies.ts";
import { Counts } from "../survey/counts.ts";
import { LaneSurvey } from "../survey/lane-survey.ts";

/** How far back is read: what a connector has not caught up within that is far behind. */
export const WINDOW_MS = 15 * 60_000;
const READING_MS = 6_000;
const MOST_RECORDS = 200_000;
const MOST_LANES = 64;

/** The newest change of one source. */
export interface NewestOfSource {
  /** When the database made it, by its clock. */
  sourceMs: number;
  /** When the connector had read it, by its clock. */
  readMs: number;
}

export interface NewestChanges {
  readonly counts: Counts;
  readonly sources: ReadonlyMap<string, NewestOfSource>;
  /** The newest record's timestamp; -1 for none. */
  readonly newestMs: number;
  /** Something was left out: there are too many lanes, or there was no time. */
  readonly partial: boolean;
}

const FIELDS = ["source.ts_ms", "ts_ms"];

/** Reads the end of every lane, as `tandem survey` does, for a few seconds at most. */
export async function readNewest(
  config: Config,
  configFile: string,
  topics: readonly string[],
): Promise<NewestChanges> {
  const { consumer, producer: _, ...client } = config.kafka;
  const signal = AbortSignal.timeout(READING_MS);
  const reader = await openLogReader(client, consumer, config.name);
  const seen = new SourceTimes((await formatOf(config)).project("value", FIELDS), config.dedup.sources?.header);
  const options = {
    identity: (await strategiesOf(config, configFile)).identity,
    hash: await loadHash(),
    header: config.dedup.sources?.header,
    maxChanges: MOST_RECORDS,
  };
  const counts = new Counts();
  try {
    const partitions = await reader.partitions();
    const lanes = topics.flatMap((topic) =>
      Array.from({ length: partitions.get(topic) ?? 0 }, (_, partition): Lane => ({ topic, partition })),
    );
    const share = Math.ceil(MOST_RECORDS / Math.max(1, Math.min(MOST_LANES, lanes.length)));
    for (const lane of lanes.slice(0, MOST_LANES)) {
      if (signal.aborted) break;
      const { end, start } = await reader.bounds(lane);
      const of = {
        reader: seen.looking(reader, signal),
        lane,
        partitions: partitions.get(lane.topic) ?? 1,
        start,
        end,
      };
      const from = Math.max(end - share, await beginOf({ ...of, signal }, Date.now(), WINDOW_MS));
      counts.add(await LaneSurvey.read({ ...of, signal }, from, options, () => undefined));
    }
    const partial = signal.aborted || lanes.length > MOST_LANES;
    return { counts, sources: seen.newest, newestMs: seen.newestMs, partial };
  } finally {
    await reader.close();
  }
}

/** The times that changes carry. */
class SourceTimes {
  readonly newest = new Map<string, NewestOfSource>();
  newestMs = -1;
  readonly #projection: Projection;
  readonly #header: string | undefined;

  constructor(projection: Projection, header: string | undefined) {
    this.#projection = projection;
    this.#header = header;
  }

  /** The reader, looked at by the way. */
  looking(reader: LogReader, signal: AbortSignal): LogReader {
    const see = (batch: Batch): Promise<void> => this.#see(batch, signal);
    return {
      partitions: (topic) => reader.partitions(topic),
      bounds: (lane) => reader.bounds(lane),
      offsetAt: (lane, timestampMs) => reader.offsetAt(lane, timestampMs),
      async *read(lane, from, to, until) {
        for await (const batch of reader.read(lane, from, to, until)) {
          await see(batch);
          yield batch;
        }
      },
      close: () => reader.close(),
    };
  }

  async #see(batch: Batch, signal: AbortSignal): Promise<void> {
    await this.#projection.prepare?.(batch, signal);
    for (let i = 0; i < batch.length; i++) {
      this.newestMs = Math.max(this.newestMs, batch.timestamp(i));
      const value = batch.value(i);
      if (value !== null) this.#change(value, sourceOf(batch, i, this.#header) ?? "");
    }
  }

  #change(value: Uint8Array, source: string): void {
    try {
      this.#projection.read(value);
      const [sourceMs, readMs] = [this.#projection.integer(0), this.#projection.integer(1)];
      if (sourceMs === null) return;
      const known = this.newest.get(source);
      if (known === undefined) this.newest.set(source, { sourceMs, readMs: readMs ?? sourceMs });
      else if (sourceMs > known.sourceMs) Object.assign(known, { sourceMs, readMs: readMs ?? sourceMs });
    } catch {
      // No change event: the survey counts it.
    }
  }
}
