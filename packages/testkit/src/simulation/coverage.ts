/** Which fault met which state, and how often: what a process was at when it was struck. */
export type CoverageTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

export class Coverage {
  readonly #met = new Map<string, Map<string, number>>();

  note(fault: string, states: readonly string[]): void {
    const met = this.#met.get(fault) ?? new Map<string, number>();
    this.#met.set(fault, met);
    for (const state of states.length === 0 ? ["nothing"] : new Set(states)) met.set(state, (met.get(state) ?? 0) + 1);
  }

  get table(): CoverageTable {
    return Object.fromEntries([...this.#met].map(([fault, met]) => [fault, Object.fromEntries(met)]));
  }
}

/** Sums of tables. */
export function together(...tables: readonly CoverageTable[]): CoverageTable {
  const sum: Record<string, Record<string, number>> = {};
  for (const table of tables)
    for (const [fault, met] of Object.entries(table)) {
      const into = (sum[fault] ??= {});
      for (const [state, times] of Object.entries(met)) into[state] = (into[state] ?? 0) + times;
    }
  return sum;
}

/** The columns in the order in which a process goes through them; others follow. */
const STATES = [
  "nothing",
  "joining",
  "finding starts",
  "starting",
  "re-reading",
  "reading",
  "claiming",
  "producing",
  "committing",
  "aborting",
  "renewing",
  "rewinding",
  "giving up",
  "paused",
  "replaying",
  "rebalancing",
  "store down",
];

/** Rows of cells: first the states, then a fault and how often it met each. */
export function coverageRows(table: CoverageTable): readonly (readonly string[])[] {
  const met = new Set(Object.values(table).flatMap((states) => Object.keys(states)));
  const states = [
    ...STATES.filter((state) => met.has(state)),
    ...[...met].filter((state) => !STATES.includes(state)).toSorted(),
  ];
  const faults = Object.keys(table).toSorted();
  return [
    ["", ...states],
    ...faults.map((fault) => [fault].concat(states.map((state) => String(table[fault]?.[state] ?? "")))),
  ];
}
