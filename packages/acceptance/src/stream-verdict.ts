import type { RowChange } from "./row-change.ts";

/** How a stream differs from what one connector alone sends. */
export interface StreamVerdict {
  /** Records expected, tombstones included, and per table. */
  readonly expected: number;
  readonly tables: Readonly<Record<string, number>>;
  readonly lost: number;
  /** Records beyond those expected: doubled, altered or made up. */
  readonly surplus: number;
  /** Lanes that hold the right records in another order. */
  readonly reordered: number;
  readonly examples: readonly string[];
}

/**
 * Judges record by record: every lane of `actual` has to be that lane of `expected`. Equal changes are none the less
 * each a change of its own, so sequences are compared, not sets.
 */
export function compareStreams(expected: readonly RowChange[], actual: readonly RowChange[]): StreamVerdict {
  const examples: string[] = [];
  const [right, found] = [byLane(expected), byLane(actual)];
  const tables: Record<string, number> = {};
  let [lost, surplus, reordered] = [0, 0, 0];
  for (const lane of new Set([...right.keys(), ...found.keys()])) {
    const [should, is] = [right.get(lane) ?? [], found.get(lane) ?? []];
    const table = lane.slice(0, lane.lastIndexOf("-"));
    tables[table] = (tables[table] ?? 0) + should.length;
    const at = firstDifference(should, is);
    if (at === -1) continue;
    examples.push(`${lane}, record ${at}: ${is[at] ?? "nothing"} instead of ${should[at] ?? "nothing"}`);
    const missing = without(should, is).length;
    const extra = without(is, should).length;
    lost += missing;
    surplus += extra;
    if (missing === 0 && extra === 0) reordered++;
  }
  return { expected: expected.length, tables, lost, surplus, reordered, examples };
}

function byLane(changes: readonly RowChange[]): Map<string, string[]> {
  const lanes = new Map<string, string[]>();
  for (const { content, lane } of changes) {
    const contents = lanes.get(lane);
    if (contents === undefined) lanes.set(lane, [content]);
    else contents.push(content);
  }
  return lanes;
}

function firstDifference(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) return i;
  return -1;
}

/** What of `all` is left when each of `others` takes one equal to it away. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const other of others) counts.set(other, (counts.get(other) ?? 0) + 1);
  return all.filter((one) => {
    const count = counts.get(one) ?? 0;
    counts.set(one, count - 1);
    return count <= 0;
  });
}
