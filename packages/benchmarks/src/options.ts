import { STORE_NAMES } from "./stores/stores.ts";

const KINDS = ["throughput", "latency", "stores", "identity", "transforms"] as const;
const FLAGS = ["quick", "full", "sizes", "json"] as const;
const ONLY = "--only=";

export type Kind = (typeof KINDS)[number];

export interface Options extends Readonly<Record<(typeof FLAGS)[number], boolean>> {
  readonly kinds: ReadonlySet<Kind>;
  /** Names of stores; empty for all. */
  readonly only: readonly string[];
}

/** What the arguments ask for, or what is wrong with them. */
export function optionsOf(args: readonly string[]): Options | string {
  const only = args.filter((arg) => arg.startsWith(ONLY)).flatMap((arg) => arg.slice(ONLY.length).split(","));
  const known: readonly string[] = [...KINDS, ...FLAGS.map((flag) => `--${flag}`)];
  const unknown = args.find((arg) => !known.includes(arg) && !arg.startsWith(ONLY));
  if (unknown !== undefined) return `"${unknown}" is unknown: ${known.join(", ")}, ${ONLY}store,...`;
  const stranger = only.find((name) => !STORE_NAMES.includes(name));
  if (stranger !== undefined) return `"${stranger}" is no store: ${STORE_NAMES.join(", ")}`;
  const asked = KINDS.filter((kind) => args.includes(kind));
  const [quick, full, sizes, json] = FLAGS.map((flag) => args.includes(`--${flag}`)) as [
    boolean,
    boolean,
    boolean,
    boolean,
  ];
  return { kinds: new Set(asked.length > 0 ? asked : KINDS), only, quick, full, sizes, json };
}
