// Measures one subject in a process and a JVM of its own: what another one taught the compilers is not known here, as in a
// pipeline that has one chain.
import { connectJava } from "@tandem-cdc/testbed";
import { measured, type Rounds, type TransformFigure } from "./measure.ts";
import { SUBJECTS } from "./subjects.ts";

export interface Asked extends Rounds {
  readonly subject: string;
}

const { subject: name, ...rounds } = JSON.parse(process.argv[2] ?? "") as Asked;
const subject = SUBJECTS.find((each) => each.name === name);
if (subject === undefined) throw new Error(`no subject ${name}`);
const java = await connectJava({ log: () => {} });
const figures: TransformFigure[] = [];
for (const form of subject.forms) figures.push(await measured(java, subject, form, rounds));
await java.stop();
process.send?.(figures);
