import {
  bigTransaction,
  compareStreams,
  LAST,
  LAST_ROWS,
  Recording,
  recordFigure,
  type RowChange,
  shopRound,
  startStore,
  type StoreProcess,
  type StreamVerdict,
} from "@tandem-cdc/acceptance";
import { available } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DebeziumPair, type Victim } from "./debezium-pair.ts";
import { DebeziumRun } from "./debezium-run.ts";
import { FULL } from "./support.ts";

const { ok } = await available(["kafka", "connect", "mariadb"]);

const BIG = 60_000;
/** A kill comes when this many changes of the big transaction have arrived: some, but far from all. */
const MIDDLE = 8_000;
const SMALL_KILLS: readonly Victim[] = FULL ? ["a", "b", "a", "b", "b", "a"] : ["a", "b"];
const BIG_KILLS: readonly (readonly Victim[])[] = FULL ? [["a", "b"], ["a"], ["b"], ["a", "b"]] : [["a", "b"], ["a"]];
/** Big transactions to try for one kill in the middle. */
const TRIES = 4;
const SECTION = "Two Debezium connectors";

let pair: DebeziumPair;
let store: StoreProcess;
let run: DebeziumRun;
let last: string;
let recording: Recording;

/** Everything that happens, up to the emission of the last change; the tests judge it. */
beforeAll(
  async () => {
    [pair, store] = await Promise.all([DebeziumPair.start(), startStore()]);
    run = await DebeziumRun.start({
      bootstrap: pair.kafka.bootstrap,
      name: "debezium",
      storePort: store.port,
      sources: true,
      prefix: "dedup.",
    });
    for (const victim of SMALL_KILLS) await killUnderLoad(victim);
    let nth = 1;
    for (const victims of BIG_KILLS) nth = await killUntilRenumbered(nth, victims);
    last = await pair.write(LAST);
    await pair.sent(last, LAST_ROWS);
    await run.emitted(last, LAST_ROWS);
    await run.stop();
    recording = new Recording(pair.input.changes, pair.alone.changes);
  },
  FULL ? 1_800_000 : 600_000,
);
afterAll(async () => {
  await run?.close();
  await pair?.stop();
  await store?.stop();
});

/** Kills a worker while small transactions are written, and starts it again; tandem too, politely. */
async function killUnderLoad(victim: Victim): Promise<void> {
  const { input } = pair;
  const arrived = (): number => input.changes.filter(({ source }) => source === victim).length;
  const further = (more: number): Promise<void> => {
    const goal = arrived() + more;
    return input.until(`${more} more changes of ${victim}`, 120_000, () => arrived() >= goal);
  };
  await pair.underLoad(async () => {
    await further(500);
    await pair.kill(victim);
    await run.again("SIGTERM");
    await pair.restart(victim);
    await further(500);
  }, shopRound);
}

/** Kills the workers in the middle of a big transaction, and tandem while it emits it; all come back. */
async function killInTheMiddle(nth: number, victims: readonly Victim[]): Promise<string> {
  const gtid = await pair.write(bigTransaction(nth, BIG));
  const alive = new Set(victims);
  await pair.input.until(`${victims.join(" and ")} to be in the middle of ${gtid}`, 120_000, async () => {
    for (const victim of alive)
      if (pair.input.count(gtid, victim) >= MIDDLE) {
        await pair.kill(victim);
        alive.delete(victim);
      }
    return alive.size === 0;
  });
  await run.emitted(gtid, MIDDLE / 2);
  await run.again("SIGKILL");
  await Promise.all(victims.map((victim) => pair.restart(victim)));
  await pair.sent(await pair.write("UPDATE orders SET amount = amount + 1 WHERE id = 1"), 1);
  return gtid;
}

/** Tries until each victim was killed in the middle indeed: it went on behind the beginning, with wrong numbers. */
async function killUntilRenumbered(first: number, victims: readonly Victim[]): Promise<number> {
  for (let nth = first; nth < first + TRIES; nth++) {
    const gtid = await killInTheMiddle(nth, victims);
    const now = new Recording(pair.input.changes, pair.alone.changes);
    const seen = victims.map((victim) => ({ victim, ...now.of(victim, gtid) }));
    console.log(`killed in the middle of ${gtid}:`, JSON.stringify(seen));
    if (seen.every(({ renumbered }) => renumbered > 0)) return nth + 1;
  }
  throw new Error(`${TRIES} kills of ${victims.join(" and ")}, and none in the middle of a transaction`);
}

const byTotalOrder = ({ gtid, totalOrder }: RowChange): string => `${gtid} ${totalOrder}`;
const byContent = ({ content }: RowChange): string => content;
const withoutTombstones = (changes: readonly RowChange[]): RowChange[] =>
  changes.filter(({ kind }) => kind !== "tombstone");

describe.skipIf(!ok)("two real Debezium connectors whose workers are killed with -9", () => {
  it("come out of tandem as the stream of one connector that nobody disturbed", () => {
    const verdict = compareStreams(pair.alone.changes, run.output.changes);
    const lines = report(verdict);
    console.log(lines.join("\n"));
    expect(verdict).toMatchObject({ lost: 0, surplus: 0, reordered: 0, examples: [] });
    if (FULL) recordFigure(SECTION, lines);
  });

  it("sent what neither total_order nor content could have told apart", () => {
    expect(recording.of("a").redelivered + recording.of("b").redelivered).toBeGreaterThan(0);
    expect(recording.lostBy(byTotalOrder)).toBeGreaterThan(0);
    expect(recording.lostBy(byContent)).toBeGreaterThan(0);
  });

  it("lose nothing without known sources but equal changes within a transaction, which are counted", async () => {
    const blind = await DebeziumRun.start({
      bootstrap: pair.kafka.bootstrap,
      name: "blind",
      sources: false,
      prefix: "blind.",
    });
    try {
      await blind.emitted(last, LAST_ROWS);
      const verdict = compareStreams(withoutTombstones(pair.alone.changes), withoutTombstones(blind.output.changes));
      const ambiguous = await blind.metric('tandem_findings_total{name="ambiguous"}');
      console.log(`without sources: ${verdict.lost} lost, ${ambiguous} counted as ambiguous`);
      expect(verdict).toMatchObject({ lost: recording.lostBy(byContent), surplus: 0 });
      expect(ambiguous).toBeGreaterThanOrEqual(verdict.lost);
      await blind.stop();
    } finally {
      await blind.close();
    }
  });
});

function report({ examples, expected, lost, reordered, surplus, tables }: StreamVerdict): string[] {
  const of = (source: Victim): string => {
    const { redelivered, renumbered, sent } = recording.of(source);
    return `- connector ${source} sent ${sent} changes, ${redelivered} of them again and ${renumbered} with a wrong \`total_order\``;
  };
  const perTable = Object.entries(tables).map(([table, count]) => `${table} ${count}`);
  return [
    `${pair.rounds} rounds of small transactions, and transactions of ${BIG} rows; Connect workers killed with -9 ${pair.kills} times, \`tandem run\` ended and started again ${run.restarts} times (SIGTERM under small transactions, -9 in a big one).`,
    "",
    of("a"),
    of("b"),
    `- one connector alone: ${expected} records with tombstones (${perTable.join(", ")})`,
    `- output: ${run.output.changes.length} records: ${lost} lost, ${surplus} too many, ${reordered} lanes out of order`,
    `- on this input an identity by \`(gtid, total_order)\` would have lost ${recording.lostBy(byTotalOrder)} changes, one by content ${recording.lostBy(byContent)}`,
    ...examples,
  ];
}
