import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Rounds, TransformFigure } from "./measure.ts";
import type { Asked } from "./one.ts";
import { SUBJECTS } from "./subjects.ts";

/** Each transform against the Java original. */
export async function transforms(quick: boolean, say: (text: string) => void): Promise<TransformFigure[]> {
  const rounds: Rounds = quick ? { rounds: 3, secondsEach: 0.2 } : { rounds: 7, secondsEach: 0.5 };
  const all: TransformFigure[] = [];
  for (const { name } of SUBJECTS)
    for (const figure of await figuresOf({ subject: name, ...rounds })) {
      all.push(figure);
      say(`${name}, ${figure.form}: ${figure.ours} records/s, Java ${figure.java}, ratio ${figure.ratio}`);
    }
  return all;
}

async function figuresOf(asked: Asked): Promise<readonly TransformFigure[]> {
  const child = fork(fileURLToPath(new URL("one.js", import.meta.url)), [JSON.stringify(asked)]);
  const failed = once(child, "exit").then(() => {
    throw new Error(`${asked.subject}: ended without a figure`);
  });
  const [figures] = (await Promise.race([once(child, "message"), failed])) as [readonly TransformFigure[]];
  return figures;
}
