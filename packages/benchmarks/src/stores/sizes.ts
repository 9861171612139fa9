import type { Figures } from "./measure.ts";
import type { StoreFigures } from "./stores.ts";

/** Two days, and the quarter that claims are kept longer. */
const KEPT_SECONDS = 2.5 * 86_400;
const CHANGES_PER_SECOND = [1_000, 10_000, 100_000] as const;

/** What a store holds with a horizon of two days, in GB (10^9 bytes): of one replica, before the store's own overheads of growth and compaction. */
export interface StoreSize {
  readonly store: string;
  readonly form: "packed" | "plain";
  readonly bytesPerClaim: number;
  readonly gigabytes: Readonly<Record<(typeof CHANGES_PER_SECOND)[number], number>>;
}

/** By the bytes that this run has measured, of stores that were measured in both forms. */
export function sizes(figures: Readonly<Record<string, StoreFigures>>): StoreSize[] {
  return Object.entries(figures).flatMap(([store, { packed, plain }]) =>
    plain === null ? [] : sizeOf(store, "packed", packed).concat(sizeOf(store, "plain", plain)),
  );
}

export function sizesTable(rows: readonly StoreSize[]): string {
  const heads = CHANGES_PER_SECOND.map((rate) => `${rate / 1_000} k changes/s`);
  const lines = rows.map(({ bytesPerClaim, form, gigabytes, store }) => [
    store,
    form,
    `${bytesPerClaim}`,
    ...CHANGES_PER_SECOND.map((rate) => `${gigabytes[rate]} GB`),
  ]);
  const table = [
    ["store", "claims", "bytes a claim", ...heads],
    ["---", "---", "--:", ...heads.map(() => "--:")],
    ...lines,
  ];
  return table.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function sizeOf(store: string, form: StoreSize["form"], { bytesPerClaim }: Figures): StoreSize[] {
  if (bytesPerClaim === null) return [];
  const at = (rate: number): number => Number(((rate * KEPT_SECONDS * bytesPerClaim) / 1e9).toPrecision(2));
  return [{ store, form, bytesPerClaim, gigabytes: { 1_000: at(1_000), 10_000: at(10_000), 100_000: at(100_000) } }];
}
