import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { CONDITIONS, type Condition, type ConditionName, everything } from "./judge/conditions.ts";
import { type Findings, type Tally, withFindings } from "./judge/page.ts";
import type { Judged } from "./judge/strategies.ts";
import { type Subject, SUBJECTS } from "./judge/subjects.ts";
import { historyOf, judged } from "./judge/trial.ts";
import type { Fault } from "./judge/verdict.ts";

// 20,000 histories in all, ten times that with TANDEM_FULL=1. What has to be exact is played in each of them; what is
// documented as inexact, and what is no identity of its own, only until its share of wrong ones is known. The page is written anew with
// `npx vitest run packages/debezium/test/judge.test.ts -u`, always by what the 20,000 say.
const FULL = process.env["TANDEM_FULL"] === "1";
const CASES = SUBJECTS.reduce((sum, { conditions }) => sum + conditions.length, 0);
const HISTORIES = Math.ceil(20_000 / CASES);
const SAMPLED_HISTORIES = 100;
const PAGE = fileURLToPath(new URL("../../../docs/identity.md", import.meta.url));

const found: Findings[] = [];
let played = 0;

function conditionOf(name: ConditionName, { conditions }: Subject): Condition {
  return name === "everything" ? everything(conditions) : CONDITIONS[name];
}

function isExact({ inexact }: Judged, condition: ConditionName): boolean {
  return inexact !== "everywhere" && !inexact.includes(condition);
}

function count(tally: Tally, faults: ReadonlySet<Fault>): void {
  tally.histories++;
  if (faults.size > 0) tally.wrong++;
  for (const fault of faults) tally.faults.set(fault, (tally.faults.get(fault) ?? 0) + 1);
}

describe.each(SUBJECTS)("$title", (subject) => {
  const { conditions, family, strategies, title } = subject;
  const findings: Findings = { title, strategies: strategies.map(({ name }) => name), rows: [] };
  found.push(findings);

  test.each(conditions)("%s", { timeout: FULL ? 3_600_000 : 300_000 }, async (name) => {
    const condition = conditionOf(name, subject);
    const tallies = strategies.map((): Tally => ({ histories: 0, wrong: 0, faults: new Map() }));
    const unexpected: string[] = [];
    for (let seed = 1; seed <= HISTORIES * (FULL ? 10 : 1); seed++) {
      const history = historyOf(family, condition, seed);
      played++;
      for (const [s, strategy] of strategies.entries()) {
        const exact = isExact(strategy, name);
        if ((!exact || (strategy.sampled === true && !FULL)) && seed > SAMPLED_HISTORIES) continue;
        const faults = await judged(strategy, history, condition);
        if (exact && faults.size > 0) unexpected.push(`seed ${seed}: ${strategy.name} ${[...faults].join(", ")}`);
        const tally = tallies[s];
        if (tally !== undefined && seed <= HISTORIES) count(tally, faults);
      }
    }
    findings.rows.push({ condition: condition.name, tallies });
    expect(unexpected.slice(0, 5), `${title}, ${condition.name}: ${unexpected.length} are not exact`).toEqual([]);
    const flawless = strategies.filter((strategy, s) => !isExact(strategy, name) && tallies[s]?.wrong === 0);
    expect(
      flawless.map((strategy) => strategy.name),
      `${title}, ${condition.name}: documented as inexact, and not once wrong`,
    ).toEqual([]);
  });

  afterAll(() => {
    process.stderr.write(`judged: ${title}; ${played} histories so far\n`);
  });
});

test("docs/identity.md says what was found", async (context) => {
  // A run of some of the tests knows a part of it only.
  if (found.reduce((sum, { rows }) => sum + rows.length, 0) < CASES) context.skip();
  expect(played).toBeGreaterThanOrEqual(20_000);
  await expect(withFindings(readFileSync(PAGE, "utf8"), HISTORIES * CASES, found)).toMatchFileSnapshot(PAGE);
});
