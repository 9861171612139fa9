import type { Statement, StatementKind } from "./database.ts";
import type { LogTraits } from "./families.ts";
import type { LaneTraits, Step } from "./lane.ts";
import { below, type Random } from "./random.ts";
import type { Truth } from "./verdict.ts";

/** A group of behaviours that a strategy is judged under. */
export interface Condition extends LogTraits, LaneTraits {
  readonly name: string;
  /** Statements besides writes and deletes of rows. */
  readonly statements: readonly StatementKind[];
  /** False: rows are not deleted. */
  readonly deletes?: false;
  /** A connector is given another replica and another name now and then. */
  readonly rePointed?: boolean;
  /**
   * Snapshots: of the second connector, when the first has streamed all that lies in it, or is still behind; or of both, of
   * different age, before they stream: the older one first, and the connector of the newer one leads; or anyhow.
   */
  readonly snapshots?: "behind" | "ahead" | "newer leads" | "anyhow";
}

const PLAIN: Omit<Condition, "name"> = { statements: [] };

/**
 * Of every history: transactions of several changes over several tables, logs laid out differently where replicas have logs
 * of their own, re-deliveries from a transaction's beginning, changes of the past made again, tombstones, a deduplicator
 * whose transactions abort and that starts again.
 */
export const CONDITIONS = {
  plain: { ...PLAIN, name: "plain" },
  midway: { ...PLAIN, name: "restarts within a transaction", midway: true },
  repeats: { ...PLAIN, name: "S1-S2-S1-S2 on one row", statements: ["repeats"] },
  equalRows: { ...PLAIN, name: "equal rows without a key", statements: ["equal-rows"] },
  newKeys: { ...PLAIN, name: "primary-key changes", statements: ["new-key"] },
  filtered: { ...PLAIN, name: "other table filters", filtered: true },
  unnumbered: { ...PLAIN, name: "no transaction block", unnumbered: true },
  disorder: { ...PLAIN, name: "GTIDs out of order", disorder: true },
  interwoven: { ...PLAIN, name: "interwoven transactions", interwoven: true },
  bulk: { ...PLAIN, name: "several rows at one position", statements: ["bulk"] },
  bulkEqualRows: { ...PLAIN, name: "equal rows at one position", statements: ["bulk-equal-rows"] },
  bulkUnnumbered: {
    ...PLAIN,
    name: "the same, no transaction block",
    statements: ["bulk-equal-rows"],
    unnumbered: true,
  },
  rePointed: { ...PLAIN, name: "re-pointed under a new name", rePointed: true },
  rePointedMidway: { ...PLAIN, name: "the same, within a transaction", rePointed: true, midway: true },
  snapshot: {
    ...PLAIN,
    name: "a new connector's snapshot, the other one up to date",
    snapshots: "behind",
    oneDomain: true,
  },
  snapshotAhead: {
    ...PLAIN,
    name: "a new connector's snapshot, the other one behind it",
    snapshots: "ahead",
    oneDomain: true,
  },
  newerLeads: {
    ...PLAIN,
    name: "two snapshots, the newer one's connector leads, no deletes",
    snapshots: "newer leads",
    deletes: false,
    oneDomain: true,
  },
  twoSnapshots: { ...PLAIN, name: "two snapshots, any connector leads", snapshots: "anyhow", oneDomain: true },
} as const satisfies Record<string, Condition>;

export type ConditionName = keyof typeof CONDITIONS | "everything";

/** All that a family's other conditions have, but for what adds doubt by itself, and for snapshots, which have a truth of their own. */
export function everything(names: readonly ConditionName[]): Condition {
  const parts = names
    .map((name) => conditionOf(name))
    .filter(({ rePointed, snapshots, unnumbered }) => !rePointed && !unnumbered && snapshots === undefined);
  return Object.assign({}, ...parts, {
    name: "all of these at once",
    statements: parts.flatMap(({ statements }) => statements),
  }) as Condition;
}

function conditionOf(name: ConditionName): Condition {
  return name === "everything" ? { ...PLAIN, name } : CONDITIONS[name];
}

export function truthOf({ filtered, snapshots }: Condition): Omit<Truth, "tombstones"> {
  return {
    of: snapshots === "newer leads" || snapshots === "anyhow" ? "state" : "history",
    filtered: filtered === true,
  };
}

/** Transactions of a history. */
const TRANSACTIONS = 6;

/** What the database's transactions do. */
export function transactionsOf({ deletes, midway, statements }: Condition, next: Random): Statement[][] {
  return Array.from({ length: TRANSACTIONS }, () =>
    Array.from({ length: midway === true ? 2 + below(next, 5) : 1 + below(next, 3) }, (): Statement => {
      const luck = below(next, 10);
      const special = statements[below(next, statements.length)];
      const kind = special !== undefined && luck < 4 ? special : luck === 9 && deletes !== false ? "delete" : "write";
      return { kind, row: below(next, 8) };
    }),
  );
}

/** What happens on the lane until both connectors have sent about `changes` each. */
export function stepsOf(condition: Condition, changes: number, next: Random): Step[] {
  const { rePointed = false, snapshots } = condition;
  const steps: Step[] = [];
  let toSend = 2 * changes;
  if (snapshots === "newer leads" || snapshots === "anyhow") {
    const first = below(next, 2);
    const ages = [below(next, changes), below(next, changes)];
    if (snapshots === "newer leads") ages.sort((a, b) => a - b);
    [first, 1 - first].forEach((connector, i) => steps.push({ kind: "snapshot", connector, at: ages[i] ?? 0 }));
    if (snapshots === "newer leads") steps.push({ kind: "send", connector: 1 - first, count: 1 + below(next, 4) });
  } else if (snapshots !== undefined) {
    // Until its snapshot the second connector is not there.
    const alone = 1 + below(next, changes);
    const at = snapshots === "behind" ? below(next, alone + 1) : alone + 1 + below(next, 6);
    steps.push({ kind: "send", connector: 0, count: alone }, { kind: "batch", fate: "commit" });
    steps.push({ kind: "snapshot", connector: 1, at });
    toSend -= alone + at;
  }
  while (toSend > 0) {
    for (let run = 1 + below(next, 3); run > 0; run--) {
      const connector = below(next, 2);
      const count = 1 + below(next, 8);
      steps.push({ kind: "send", connector, count });
      toSend -= count;
      if (next() < 0.25) {
        const back = below(next, 12);
        toSend += back;
        steps.push({ kind: rePointed && next() < 0.6 ? "re-point" : "restart", connector, back });
      }
    }
    const luck = next();
    steps.push({ kind: "batch", fate: luck < 0.12 ? "abort" : luck < 0.24 ? "reopen" : "commit" });
  }
  return steps;
}
