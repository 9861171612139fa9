import type { ConnectJava } from "@tandem-cdc/testbed";
import { median } from "../percentiles.ts";
import { passOf } from "./ours.ts";
import { SAMPLES } from "./samples.ts";
import type { Form, Subject } from "./subjects.ts";

/** Records a second through one transform or chain, in one thread each. */
export interface TransformFigure {
  readonly transform: string;
  readonly form: Form;
  readonly ours: number;
  readonly java: number;
  /** Ours for each of Java's: the median of the rounds' ratios. */
  readonly ratio: number;
}

export interface Rounds {
  readonly rounds: number;
  readonly secondsEach: number;
}

/** So many rounds' time to warm up: compilers compile beside it. */
const WARM_ROUNDS = 6;

/** In every round both, one after the other, on the same records. */
export async function measured(
  java: ConnectJava,
  { chain, name, sample }: Subject,
  form: Form,
  { rounds, secondsEach }: Rounds,
): Promise<TransformFigure> {
  const records = SAMPLES[sample];
  const pass = passOf(chain, records, form);
  const json = form === "objects" ? {} : { json: { schemas: form === "JSON with schemas" } };
  const ofOurs = async (count: number): Promise<number> => {
    const began = performance.now();
    await pass(count);
    return (1000 * count) / (performance.now() - began);
  };
  const ofJava = async (count: number, warmup = 0): Promise<number> =>
    (await java.bench({ chain, records, count, warmup, ...json })).recordsPerSecond;

  const [oursCount, javaCount] = [
    await warm(ofOurs, records.length, secondsEach),
    await warm(ofJava, records.length, secondsEach),
  ];
  const rates: { readonly ours: number; readonly java: number }[] = [];
  for (let round = 0; round < rounds; round++)
    rates.push({ ours: await ofOurs(oursCount), java: await ofJava(javaCount) });
  return {
    transform: name,
    form,
    ours: Math.round(median(rates.map(({ ours }) => ours))),
    java: Math.round(median(rates.map((rate) => rate.java))),
    ratio: Math.round(100 * median(rates.map((rate) => rate.ours / rate.java))) / 100,
  };
}

/** Runs until the code is compiled; gives the records of one round, a multiple of the sample's. */
async function warm(rate: (count: number) => Promise<number>, sample: number, seconds: number): Promise<number> {
  let count = sample;
  for (const end = performance.now() + WARM_ROUNDS * seconds * 1000; performance.now() < end;) {
    const perSecond = await rate(count);
    count = Math.max(1, Math.round((perSecond * seconds) / sample)) * sample;
  }
  return count;
}
