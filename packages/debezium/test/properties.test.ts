import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { debeziumIdentity } from "../src/index.ts";
import { Database, type Statement, type StatementKind } from "./judge/database.ts";
import { type Family, mariadb, mysql, postgresql } from "./judge/families.ts";
import { laneOf, type LaneTraits, type Sent, type Step } from "./judge/lane.ts";
import { random } from "./judge/random.ts";
import { faultsOf } from "./judge/verdict.ts";
import { type Output, Player } from "./player.ts";

// A failure shrinks to the fewest transactions and steps that show it.
const RUNS = process.env["TANDEM_FULL"] === "1" ? 20_000 : 400;

const KINDS: readonly StatementKind[] = ["write", "delete", "repeats", "equal-rows", "new-key"];

const statement: fc.Arbitrary<Statement> = fc.record({ kind: fc.constantFrom(...KINDS), row: fc.nat(7) });
const transactions = fc.array(fc.array(statement, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });
const connector = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("send"), connector, count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart"), connector, back: fc.nat(10) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("batch"),
      fate: fc.constantFrom("commit", "commit", "abort", "reopen"),
    }),
  },
);

/** What two connectors do on a lane, and what becomes of it. */
interface Life {
  readonly transactions: readonly (readonly Statement[])[];
  readonly steps: readonly Step[];
  /** Decides how the replicas' logs are laid out. */
  readonly layout: number;
  /** When the first connector has sent so many changes, the second comes with a snapshot of as many or fewer. */
  readonly joins: { readonly after: number; readonly less: number } | null;
  readonly midway: boolean;
}

const life: fc.Arbitrary<Life> = fc.record({
  transactions,
  steps: fc.array(step, { maxLength: 30 }),
  layout: fc.nat(),
  joins: fc.option(fc.record({ after: fc.nat(20), less: fc.nat(10) })),
  midway: fc.boolean(),
});

const WITH_SOURCES = debeziumIdentity({ sources: { header: "connector" } });

interface Lived {
  readonly database: Database;
  readonly sent: readonly Sent[];
  readonly player: Player;
}

async function lived(family: Family, { joins, layout, midway, steps, transactions: told }: Life): Promise<Lived> {
  const database = new Database(told);
  const next = random(layout);
  const traits: LaneTraits = { midway };
  const all: Step[] = joins === null ? [...steps] : [...joining(joins, database.changes.length), ...steps];
  const lane = laneOf(family, database, all, traits, family.log(database.changes, next, {}), next);
  const player = new Player({ identity: WITH_SOURCES });
  for (const { deliveries, fate } of lane.episodes) {
    if (fate === "abort") await player.playAborted(...deliveries);
    else await player.play(...deliveries);
    if (fate === "reopen") await player.restart();
  }
  return { database, sent: lane.sent, player };
}

function joining({ after, less }: NonNullable<Life["joins"]>, changes: number): Step[] {
  const count = 1 + (after % changes);
  return [
    { kind: "send", connector: 0, count },
    { kind: "batch", fate: "commit" },
    { kind: "snapshot", connector: 1, at: Math.max(0, count - less) },
  ];
}

const FAMILIES: readonly Family[] = [mariadb, mysql, postgresql];

describe.each(FAMILIES)("$name: two sources over any history", (family) => {
  test(
    "interleaved, restarted, re-delivered, with a snapshot, aborted and opened again: the output is the history",
    { timeout: 300_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(life, async (told) => {
          const { database, player, sent } = await lived(family, told);
          expect(player.rejected).toEqual([]);
          expect([
            ...faultsOf(player.output, sent, database, { of: "history", filtered: false, tombstones: true }),
          ]).toEqual([]);
        }),
        { numRuns: RUNS },
      );
    },
  );

  test("replayed on purpose, from any coordinate, the output is the same again", { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(life, fc.nat(1_000), async (told, where) => {
        const { player } = await lived(family, told);
        const from = where % player.log.length;
        const first = of(player.output.filter(({ offset }) => offset >= from));
        expect(of(await player.replay(from))).toEqual(first);
      }),
      { numRuns: RUNS },
    );
  });
});

function of(output: readonly Output[]): string[] {
  return output.map(({ offset, value }) => `${offset}${value === null ? " tombstone" : ""}`);
}
