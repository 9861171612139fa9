import * as core from "@tandem-cdc/core";
import * as debezium from "@tandem-cdc/debezium";
import * as dedup from "@tandem-cdc/dedup";
import { simulate, type SimulateOptions, type SimulationResult } from "../src/index.ts";
import { describe, expect, it } from "vitest";
import { type SeededBug, withBug } from "./seeded-bugs.ts";

const decoder = new TextDecoder();
const MANY = process.env["TANDEM_FULL"] === "1" ? 5_000 : 80;

interface Code {
  readonly core: Pick<typeof core, "OutcomesBuilder">;
  readonly debezium: Pick<typeof debezium, "debeziumIdentity">;
  readonly dedup: Pick<typeof dedup, "dedup" | "loadHash">;
}

/** Cannot do one change in four, for good. Deletes it can: their tombstones are records of their own. */
function picky({ OutcomesBuilder }: Code["core"], rejected: Set<string>): core.Transform {
  return {
    name: "picky",
    apply(batch) {
      const outcomes = new OutcomesBuilder("picky", batch);
      for (let i = 0; i < batch.length; i++) {
        const text = decoder.decode(batch.value(i) ?? new Uint8Array(0));
        const change = Number(/"change":(\d+)\}$/.exec(text)?.[1] ?? 1);
        if (change % 4 !== 0 || text.includes('"op":"d"')) continue;
        rejected.add(text);
        outcomes.reject(i, new Error("one in four"));
      }
      return outcomes.done();
    },
  };
}

async function options(code: Code, rejected: Set<string> = new Set()): Promise<SimulateOptions> {
  const identity = code.debezium.debeziumIdentity({ sources: { header: "connector" } });
  const hash = await code.dedup.loadHash();
  return {
    seeds: MANY,
    deadLetters: "dead",
    pipeline: ({ clock, keyStore }) => ({
      transforms: [
        code.dedup.dedup({ identity, keyStore, hash, clock, retry: { attempts: 3 } }),
        picky(code.core, rejected),
      ],
      errors: { tolerance: "all", deadLetterTopic: "dead" },
    }),
    // What the brokers refuse is found by halving, and goes aside without its value.
    refuses: ({ value }) => value !== null && /"change":\d*7\}$/.test(decoder.decode(value)),
  };
}

function told({ anomalies }: SimulationResult): string {
  return anomalies.map(({ failures, seed, story }) => [`seed ${seed}`, ...failures, ...story].join("\n")).join("\n\n");
}

it(
  "every change that has claimed its key is emitted or a dead letter, once, whatever crashes meanwhile",
  { timeout: 3_600_000 },
  async () => {
    const rejected = new Set<string>();
    const result = await simulate(await options({ core, debezium, dedup }, rejected));
    expect(told(result)).toBe("");
    expect(result).toMatchObject({ ok: true, histories: MANY, lost: 0, duplicated: 0, altered: 0, stuck: 0 });
    expect(rejected.size).toBeGreaterThan(100);
    expect(result.faults["crash"]).toBeGreaterThan(MANY / 10);
    expect(result.distinct - result.emitted).toBeGreaterThan(MANY);
  },
);

const BUGS: readonly Omit<SeededBug, "seed">[] = [
  {
    title: "a rejected record that is passed over outside of the transaction",
    file: "core/src/runtime/runtime.ts",
    right: "        if (unit.aside !== null) await this.transport.produce(unit.aside, (topic) => topic);\n",
    wrong: "",
  },
  {
    title: "a refused record that is passed over without a dead letter",
    file: "core/src/runtime/lane-runner.ts",
    right: "        ...refused.values(),\n",
    wrong: "",
  },
  {
    title: "dead letters of records that share a batch with one that is refused",
    file: "core/src/runtime/lane-runner.ts",
    right: "      rejected: [\n        ...outcomes.rejected.map(",
    wrong: "      rejected: [\n        ...outcomes.rejected.slice(1).map(",
  },
];

describe("the simulator sees", () => {
  it.each(BUGS.map((bug) => [bug.title, bug] as const))("%s", { timeout: 600_000 }, async (_, bug) => {
    const { close, load, testkit } = await withBug({ ...bug, seed: 1 });
    try {
      const code = { core: await load("core"), debezium: await load("debezium"), dedup: await load("dedup") };
      const result = await testkit.simulate({
        ...(await options(code as unknown as Code)),
        seeds: 1_000,
        untilAnomaly: true,
        shrinks: false,
      });
      expect(result.lost).toBeGreaterThan(0);
    } finally {
      await close();
    }
  });
});
