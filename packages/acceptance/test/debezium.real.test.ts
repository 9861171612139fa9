import {
  bigTransaction,
  ChangeFollower,
  compareStreams,
  type ConfigFile,
  configFile,
  LAST,
  LAST_ROWS,
  Recording,
  recordFigure,
  SHOP_TABLES,
  shopRound,
  startStore,
  type StoreProcess,
  type TandemProcess,
} from "@tandem-cdc/acceptance";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DebeziumPair, type Victim } from "./debezium-pair.ts";
import { FULL, runTandem } from "./support.ts";

const BIG = 60_000;
/** A kill comes when this many changes of the big transaction have arrived: some, but far from all. */
const MIDDLE = 8_000;
const SMALL_KILLS: readonly Victim[] = FULL ? ["a", "b", "a", "b", "b", "a"] : ["a", "b"];
const BIG_KILLS: readonly (readonly Victim[])[] = FULL ? [["a", "b"], ["a"], ["b"], ["a", "b"]] : [["a", "b"]];
/** Big transactions to try for one kill in the middle. */
const TRIES = 4;

let pair: DebeziumPair;
let store: StoreProcess;
beforeAll(async () => {
  [pair, store] = await Promise.all([DebeziumPair.start(), startStore()]);
});
afterAll(async () => {
  await pair?.stop();
  await store?.stop();
});

/** `tandem run` over the pair's topics, and what comes out of it. */
class Run {
  readonly #config: ConfigFile;
  readonly output: ChangeFollower;
  #tandem: TandemProcess;
  kills = 0;

  private constructor(config: ConfigFile, tandem: TandemProcess, output: ChangeFollower) {
    [this.#config, this.#tandem, this.output] = [config, tandem, output];
  }

  static async start(): Promise<Run> {
    const { bootstrap } = pair.kafka;
    const config = configFile({ bootstrap, name: "debezium", topic: "/^cdc\\\\.shop\\\\..*/", storePort: store.port });
    const topics = Object.keys(SHOP_TABLES).map((table) => `dedup.cdc.shop.${table}`);
    return new Run(config, runTandem(config.path), await ChangeFollower.open(bootstrap, topics));
  }

  /** Ends tandem and starts it again. */
  async again(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const code = await this.#tandem.stop(signal);
    expect(code).toBe(signal === "SIGTERM" ? 0 : null);
    this.kills++;
    this.#tandem = runTandem(this.#config.path);
  }

  /** Resolves when the output holds `rows` changes of the transaction. */
  async emitted(gtid: string, rows: number): Promise<void> {
    await this.output.until(`tandem to emit ${rows} changes of ${gtid}`, 120_000, () => {
      if (!this.#tandem.running) throw new Error(`tandem ended by itself: ${this.#tandem.said}`);
      return this.output.count(gtid) >= rows;
    });
  }

  async stop(): Promise<void> {
    expect(await this.#tandem.stop()).toBe(0);
  }

  async close(): Promise<void> {
    await this.#tandem.stop("SIGKILL");
    await this.output.close();
    this.#config.remove();
  }
}

/** Kills a worker while small transactions are written, and starts it again; tandem too, politely. */
async function killUnderLoad(run: Run, victim: Victim): Promise<void> {
  const { input } = pair;
  await pair.underLoad(async () => {
    const arrived = (): number => input.changes.filter(({ source }) => source === victim).length;
    const further = (more: number): Promise<void> => {
      const goal = arrived() + more;
      return input.until(`${more} more changes of ${victim}`, 120_000, () => arrived() >= goal);
    };
    await further(500);
    await pair.kill(victim);
    await run.again("SIGTERM");
    await pair.restart(victim);
    await further(500);
  }, shopRound);
}

/** Kills the workers in the middle of a big transaction, and tandem while it emits it; all come back. */
async function killInTheMiddle(run: Run, nth: number, victims: readonly Victim[]): Promise<string> {
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
async function killUntilRenumbered(run: Run, first: number, victims: readonly Victim[]): Promise<number> {
  for (let nth = first; nth < first + TRIES; nth++) {
    const gtid = await killInTheMiddle(run, nth, victims);
    const recording = new Recording(pair.input.changes, pair.alone.changes);
    const seen = victims.map((victim) => ({ victim, ...recording.of(victim, gtid) }));
    console.log(`killed in the middle of ${gtid}:`, JSON.stringify(seen));
    if (seen.every(({ renumbered }) => renumbered > 0)) return nth + 1;
  }
  throw new Error(`${TRIES} kills of ${victims.join(" and ")}, and none in the middle of a transaction`);
}

/** Everything that happens, up to the last change's emission. */
async function history(run: Run): Promise<void> {
  for (const victim of SMALL_KILLS) await killUnderLoad(run, victim);
  let nth = 1;
  for (const victims of BIG_KILLS) nth = await killUntilRenumbered(run, nth, victims);
  const last = await pair.write(LAST);
  await pair.sent(last, LAST_ROWS);
  await run.emitted(last, LAST_ROWS);
}

describe("two real Debezium connectors whose workers are killed with -9", () => {
  it(
    "come out of tandem as the stream of one connector that nobody disturbed",
    { timeout: FULL ? 1_800_000 : 420_000 },
    async () => {
      const run = await Run.start();
      try {
        await history(run);
        await run.stop();
        const verdict = compareStreams(pair.alone.changes, run.output.changes);
        const recording = new Recording(pair.input.changes, pair.alone.changes);
        const lost = {
          byTotalOrder: recording.lostBy(({ gtid, totalOrder }) => `${gtid} ${totalOrder}`),
          byContent: recording.lostBy(({ content }) => content),
        };
        const lines = report(run, verdict, recording, lost);
        console.log(lines.join("\n"));
        expect(verdict).toMatchObject({ lost: 0, surplus: 0, reordered: 0, examples: [] });
        expect(lost.byTotalOrder).toBeGreaterThan(0);
        expect(lost.byContent).toBeGreaterThan(0);
        if (FULL) recordFigure("Two Debezium connectors", lines);
      } finally {
        await run.close();
      }
    },
  );
});

function report(
  run: Run,
  { examples, expected, lost, reordered, surplus, tables }: ReturnType<typeof compareStreams>,
  recording: Recording,
  would: { readonly byTotalOrder: number; readonly byContent: number },
): string[] {
  const kills = [...SMALL_KILLS, ...BIG_KILLS.flat()].length;
  const of = (source: Victim): string => {
    const { redelivered, renumbered, sent } = recording.of(source);
    return `- connector ${source} sent ${sent} changes, ${redelivered} of them again and ${renumbered} with a wrong \`total_order\``;
  };
  return [
    `${pair.rounds} rounds of small transactions and transactions of ${BIG} rows; Connect workers killed with -9: ${kills} times or more; \`tandem run\` ended and started again: ${run.kills} times.`,
    "",
    of("a"),
    of("b"),
    `- one connector alone: ${expected} records with tombstones (${Object.entries(tables)
      .map(([table, count]) => `${table} ${count}`)
      .join(", ")})`,
    `- output: ${run.output.changes.length} records: ${lost} lost, ${surplus} too many, ${reordered} lanes out of order`,
    `- on this input an identity by \`(gtid, total_order)\` would have lost ${would.byTotalOrder} changes, one by content ${would.byContent}`,
    ...examples,
  ];
}
