import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { FORMATS, STRATEGIES } from "./subjects.ts";
import { SAMPLES } from "./events.ts";
import type { Answer, Asked } from "./one.ts";

/** What one strategy costs on one connector's events. */
export interface IdentityFigure {
  readonly events: string;
  readonly format: string;
  readonly strategy: string;
  readonly nsPerRecord: number;
  /** Of the time that it takes to decode all of the record. */
  readonly ofFullDecode: number;
  readonly valueBytes: number;
}

/** Each strategy on the sample events of each connector, JSON and Avro, against a decode of everything. */
export async function identity(quick: boolean, say: (text: string) => void): Promise<IdentityFigure[]> {
  const figures: IdentityFigure[] = [];
  const rounds = quick ? { rounds: 7, warmUp: 5 } : { rounds: 31, warmUp: 15 };
  for (const sample of SAMPLES)
    for (const format of FORMATS) {
      let full = Number.NaN;
      for (const strategy of Object.keys(STRATEGIES)) {
        const { bytes, ns } = await measured({ sample, format, strategy, ...rounds });
        if (STRATEGIES[strategy] === null) full = ns;
        const ofFullDecode = Math.round((100 * ns) / full) / 100;
        figures.push({ events: sample, format, strategy, nsPerRecord: ns, ofFullDecode, valueBytes: bytes });
        say(`${sample}, ${format} (${bytes} bytes), ${strategy}: ${ns} ns a record, ${ofFullDecode} of a full decode`);
      }
    }
  return figures;
}

async function measured(asked: Asked): Promise<Answer> {
  const child = fork(fileURLToPath(new URL("one.js", import.meta.url)), [JSON.stringify(asked)]);
  const failed = once(child, "exit").then(() => {
    throw new Error(`${asked.sample}, ${asked.format}, ${asked.strategy}: ended without a figure`);
  });
  const [answer] = (await Promise.race([once(child, "message"), failed])) as [Answer];
  return answer;
}
