import type { Fault } from "./verdict.ts";

/** How one strategy did under one condition. */
export interface Tally {
  histories: number;
  wrong: number;
  readonly faults: Map<Fault, number>;
}

/** One connector family's findings: by condition, by strategy. */
export interface Findings {
  readonly title: string;
  readonly strategies: readonly string[];
  readonly rows: { readonly condition: string; readonly tallies: readonly Tally[] }[];
}

const BEGIN = "<!-- generated: judged -->";
const END = "<!-- end -->";

/** The page with the findings of so many histories between its markers. */
export function withFindings(page: string, histories: number, findings: readonly Findings[]): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END, from);
  if (from === -1 || to === -1) throw new Error(`the page has no "${BEGIN}" with an "${END}" after it`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${[intro(histories), ...findings.map(section)].join("\n\n")}\n\n${page.slice(to)}`;
}

function intro(histories: number): string {
  return `What two connectors make of ${histories} random histories of a database, played through the deduplicator
(\`packages/debezium/test/judge.test.ts\`, which writes these tables). \`exact\`: in every history, each change came out once,
in order, with a tombstone after each delete. Otherwise what went wrong, and in what share of the histories. In all of them:
transactions of several changes over several tables; connectors that start again and send changes a second time; logs that
are laid out differently, where replicas have logs of their own; a deduplicator whose transactions abort, and that starts
again. Each line adds what it says. The last columns are identities that suggest themselves.`;
}

function section({ rows, strategies, title }: Findings): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    `### ${title}`,
    "",
    line(["histories", ...strategies]),
    line(["", ...strategies].map(() => "---")),
    ...rows.map(({ condition, tallies }) => line([condition, ...tallies.map(cell)])),
  ].join("\n");
}

function cell({ faults, histories, wrong }: Tally): string {
  if (wrong === 0) return "exact";
  const share = (100 * wrong) / histories;
  const words = [...faults].toSorted(([, a], [, b]) => b - a).map(([fault]) => fault);
  return `${words.join(", ")} (${share < 1 ? "under 1" : Math.round(share)} %)`;
}
