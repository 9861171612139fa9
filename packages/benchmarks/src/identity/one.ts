// Measures one subject in a process of its own: what another one taught the compiler is not known here, as in a pipeline
// that has one strategy and one format.
import { nsPerRecord } from "./measure.ts";
import { type Format, subjectOf } from "./subjects.ts";

export interface Asked {
  readonly sample: string;
  readonly format: Format;
  readonly strategy: string;
  readonly rounds: number;
  readonly warmUp: number;
}

export interface Answer {
  readonly ns: number;
  readonly bytes: number;
}

const asked = JSON.parse(process.argv[2] ?? "") as Asked;
const subject = subjectOf(asked.sample, asked.format, asked.strategy);
const answer: Answer = { ns: Math.round(await nsPerRecord(subject, asked)), bytes: Math.round(subject.bytes) };
process.send?.(answer);
