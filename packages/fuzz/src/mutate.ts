import type { Random } from "./random.ts";

export const MAX_INPUT_BYTES = 4_096;

/** Numbers at the edges of what decoders hold them in; ends of varints. */
const EDGES = [
  "00",
  "01",
  "7f",
  "80",
  "ff",
  "ffff",
  "7fffffff",
  "80000000",
  "ffffffff",
  "001fffffffffffff",
  "7fffffffffffffff",
  "ffffffffffffffff",
  "feffffffffffffffff01",
  "ffffffffffffffffff01",
  "808080808040",
].map((text) => Buffer.from(text, "hex"));

type Mutation = (input: Uint8Array, random: Random, others: Others) => Uint8Array;

export interface Others {
  readonly corpus: readonly Uint8Array[];
  readonly words: readonly Uint8Array[];
}

const place = (input: Uint8Array, random: Random): number => random.below(input.length + 1);

/** The input with what lies between `from` and `to` replaced. */
const put = (input: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array =>
  Buffer.concat([input.subarray(0, from), by, input.subarray(to)]);

/** A part of it: as a rule a short one. */
function part(input: Uint8Array, random: Random): [from: number, to: number] {
  const from = place(input, random);
  const longest = random.below(4) === 0 ? input.length : 16;
  return [from, Math.min(input.length, from + random.below(longest + 1))];
}

const MUTATIONS: readonly Mutation[] = [
  function flipBit(input, random) {
    const copy = Uint8Array.from(input);
    const at = random.below(Math.max(1, copy.length));
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    return copy;
  },
  function setByte(input, random) {
    const copy = Uint8Array.from(input);
    copy[random.below(Math.max(1, copy.length))] = random.below(256);
    return copy;
  },
  function remove(input, random) {
    return put(input, ...part(input, random), new Uint8Array(0));
  },
  function insertEdge(input, random) {
    const at = place(input, random);
    return put(input, at, at, random.of(EDGES));
  },
  function overwriteByEdge(input, random) {
    const at = place(input, random);
    const edge = random.of(EDGES);
    return put(input, at, at + edge.length, edge);
  },
  function insertWord(input, random, { words }) {
    const at = place(input, random);
    return words.length === 0 ? input : put(input, at, at, random.of(words));
  },
  function replaceByWord(input, random, { words }) {
    return words.length === 0 ? input : put(input, ...part(input, random), random.of(words));
  },
  function repeat(input, random) {
    const [from, to] = part(input, random);
    const times = random.below(8) === 0 ? 1 + random.below(2_000) : 1 + random.below(4);
    const piece = Buffer.from(input.subarray(from, to));
    return put(input, to, to, Buffer.concat(Array.from({ length: times }, () => piece)));
  },
  function move(input, random) {
    const [from, to] = part(input, random);
    const piece = Buffer.from(input.subarray(from, to));
    const at = place(input, random);
    return put(input, at, at, piece);
  },
  function cross(input, random, { corpus }) {
    const other = random.of(corpus);
    return put(input, ...part(input, random), other.subarray(...part(other, random)));
  },
  function digit(input, random) {
    const digits = [...input.keys()].filter((i) => (input[i] ?? 0) >= 0x30 && (input[i] ?? 0) <= 0x39);
    if (digits.length === 0) return input;
    const at = random.of(digits);
    const number = random.of([
      "0",
      "-1",
      "9007199254740993",
      "1e999",
      "1".repeat(400),
      "-0",
      "0.1",
      "18446744073709551616",
    ]);
    return put(input, at, at + 1, Buffer.from(number));
  },
];

/** One input made of others: a few changes at random places. */
export function mutated(others: Others, random: Random): Uint8Array {
  let input = random.of(others.corpus);
  for (let changes = 1 + random.below(4); changes > 0; changes--) input = random.of(MUTATIONS)(input, random, others);
  return input.subarray(0, MAX_INPUT_BYTES);
}
