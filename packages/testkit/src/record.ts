import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Found } from "./merge.ts";
import { coverageRows } from "./simulation/coverage.ts";

const SECTION = "Simulated histories";
const [BEGIN, END] = [`<!-- begin: ${SECTION} -->`, `<!-- end: ${SECTION} -->`];

/** Writes what a run found into a Markdown document, in the place of its section if there is one. */
export function record(document: string, found: Found): void {
  const text = existsSync(document) ? readFileSync(document, "utf8") : "# Reliability\n";
  const section = [BEGIN, `## ${SECTION}`, "", ...told(found), END].join("\n");
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from === -1 && to === -1) return writeFileSync(document, `${text.trimEnd()}\n\n${section}\n`);
  if (to < from)
    throw new Error(`${document}: the markers of section "${SECTION}" are not a pair: repair them by hand`);
  writeFileSync(document, text.slice(0, from) + section + text.slice(to + END.length));
}

function told(found: Found): readonly string[] {
  const { aborted, altered, coverage, distinct, duplicated, emitted, faults, histories, input, lost } = found;
  const { failed, longestRecoveryMs, reordered, seconds, seed, stuck, tombstonesMissing } = found;
  const rows = coverageRows(coverage).map((row, i) =>
    row.toSpliced(1, 0, i === 0 ? "times" : String(faults[row[0] ?? ""] ?? 0)),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    `\`npm run simulate -- --seed ${seed} --seeds ${histories}\`: ${number(histories)} histories of the real runtime, packed store, dedup and identity, each by its seed ` +
      `([what happens in one](../packages/testkit/README.md)), in ${number(Math.round(seconds))} s (${Math.round(histories / seconds)} a second).`,
    "",
    line([
      "records in",
      "changes",
      "out",
      "lost",
      "duplicated",
      "reordered",
      "altered",
      "aborted, but visible",
      "tombstones missing",
      "stuck",
      "histories with anomalies",
    ]),
    line(Array.from({ length: 11 }, () => "---:")),
    line(
      [input, distinct, emitted, lost, duplicated, reordered, altered, aborted, tombstonesMissing, stuck, failed].map(
        number,
      ),
    ),
    "",
    "(Histories that end with a deliberate replay emit their changes twice, and are counted so.) " +
      `The longest time from the last fault until everything was out: ${(longestRecoveryMs / 1_000).toFixed(1)} s of simulated time, without help.`,
    "",
    "How often each fault struck, and what was under way then, in the process that it struck or (a store that is down, a source) in any:",
    "",
    line(rows[0] ?? []),
    line((rows[0] ?? []).map((_, column) => (column === 0 ? "---" : "---:"))),
    ...rows.slice(1).map(line),
  ];
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
