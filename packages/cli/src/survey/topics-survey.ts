import { type HashStrategy, type IdentityStrategy, laneId } from "@tandem-cdc/core";
import type { LogReader } from "@tandem-cdc/kafka";
import { beginOf, type LaneReading } from "../reading/lane-reading.ts";
import { Counts } from "./counts.ts";
import { HeaderCandidates } from "./header-candidates.ts";
import { LaneSurvey, type LaneSurveyOptions } from "./lane-survey.ts";

export interface TopicsSurveyOptions extends LaneSurveyOptions {
  readonly identity: IdentityStrategy;
  readonly hash: HashStrategy;
  readonly reader: LogReader;
  readonly topics: readonly string[];
  readonly since: number | "all";
  readonly now: number;
  readonly signal: AbortSignal;
  readonly progress?: (lane: string, offset: number, from: number, to: number) => void;
}

export interface TopicsSurvey {
  readonly topics: ReadonlyMap<string, Counts>;
  readonly total: Counts;
  readonly headers: ReturnType<HeaderCandidates["found"]>;
}

/** Reads the lanes of the topics one after the other. What is aborted gives what is known until then. */
export async function surveyTopics(options: TopicsSurveyOptions): Promise<TopicsSurvey> {
  const { now, reader, signal, since } = options;
  const candidates = new HeaderCandidates();
  const topics = new Map<string, Counts>();
  const total = new Counts();
  const counted = await reader.partitions();
  for (const topic of options.topics) {
    const counts = new Counts();
    topics.set(topic, counts);
    const partitions = counted.get(topic) ?? 0;
    for (let partition = 0; partition < partitions && !signal.aborted; partition++) {
      const lane = { topic, partition };
      const { end, start } = await reader.bounds(lane);
      const reading: LaneReading = { reader: looking(reader, candidates), lane, partitions, start, end, signal };
      const from = await beginOf(reading, now, since);
      const progress = (at: number): void => options.progress?.(laneId(lane), at, from, end);
      counts.add(await LaneSurvey.read(reading, from, options, progress));
    }
    total.add(counts);
  }
  return { topics, total, headers: options.header === undefined ? candidates.found() : [] };
}

/** The reader, with somebody who looks at the headers of what it reads. */
function looking(reader: LogReader, candidates: HeaderCandidates): LogReader {
  return {
    partitions: (topic) => reader.partitions(topic),
    bounds: (lane) => reader.bounds(lane),
    offsetAt: (lane, timestampMs) => reader.offsetAt(lane, timestampMs),
    async *read(lane, from, to, signal) {
      for await (const batch of reader.read(lane, from, to, signal)) {
        candidates.see(batch);
        yield batch;
      }
    },
    close: () => reader.close(),
  };
}
