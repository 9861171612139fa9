import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { createTopics, existingTopics, openReader, openWriter } from "@tandem-cdc/kafka";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, tandem, Tandem } from "./command.ts";
import { change, type Told } from "./log.ts";
import { file, folder, least, put, type Tree } from "./support.ts";

const { ok } = await available(["kafka"]);

const TOPIC = "shop.orders";
const PARTITIONS = 2;
const decoder = new TextDecoder();

let kafka: KafkaCluster;
const client = (): { "bootstrap.servers": string } => ({ "bootstrap.servers": kafka.bootstrap });
beforeAll(async () => {
  kafka = await startKafka({ autoCreateTopics: false });
});
afterAll(() => kafka?.stop());

async function send(told: readonly Told[]): Promise<void> {
  await createTopics(client(), [{ topic: TOPIC, partitions: PARTITIONS, config: { "retention.ms": "-1" } }]);
  const writer = await openWriter(client());
  for (const each of told) {
    const record = change(each);
    if (record !== null) await writer.write({ topic: TOPIC, partition: each.sequence % PARTITIONS, ...record });
  }
  await writer.flush();
  await writer.close();
}

/** A transform of one's own, which cannot do rows of these states, and dies once at each of those. */
function picky(config: string, states: readonly string[], deadly: readonly string[] = []): void {
  const transforms = pathToFileURL(join(import.meta.dirname, "../../transforms/dist/index.js")).href;
  writeFileSync(
    join(dirname(config), "picky.mjs"),
    `import { existsSync, writeFileSync } from "node:fs";
import { defineTransform } from ${JSON.stringify(transforms)};
export default defineTransform({
  name: "Picky",
  create: () => (record) => {
    const { after } = record.value;
    const died = ${JSON.stringify(dirname(config))} + "/" + after.status;
    if (${JSON.stringify(deadly)}.includes(after.status) && !existsSync(died)) {
      writeFileSync(died, "");
      process.kill(process.pid, "SIGKILL");
    }
    if (${JSON.stringify(states)}.some((state) => after.status.startsWith(state))) throw new Error("not " + after.status);
    return record.with({ value: { ...record.value, seen: true } });
  },
});
`,
  );
}

function configured(store: string, sources: readonly string[], more: (c: Tree) => void = () => undefined): string {
  return file(
    least((c) => {
      put(c, ["name"], "shop");
      put(c, ["kafka", "bootstrap.servers"], kafka.bootstrap);
      put(c, ["input", "topics"], [TOPIC]);
      put(c, ["dedup"], {
        sources: { header: "connector", names: sources },
        store: { type: "level", path: store },
        // The changes of the test are of one day.
        late: "emit",
      });
      put(c, ["transforms"], [{ name: "picky", type: "./picky.mjs" }]);
      put(c, ["errors"], { tolerance: "all", deadLetter: { topic: "dead" } });
      put(c, ["metrics", "enabled"], false);
      more(c);
    }),
    "tandem.json",
  );
}

interface Emitted {
  readonly after: { readonly status: string };
  readonly seen?: boolean;
}

function sorted(texts: readonly string[]): string[] {
  return texts.toSorted((a, b) => a.localeCompare(b));
}

/** The states that have come out, once there are so many. */
async function states(count: number): Promise<string[]> {
  const deadline = Date.now() + 120_000;
  while (!(await existingTopics(client())).includes(`dedup.${TOPIC}`)) expect(Date.now()).toBeLessThan(deadline);
  const reader = await openReader(client(), `dedup.${TOPIC}`);
  const found: Emitted[] = [];
  let quietSince = Date.now();
  // What should not come has a moment to come.
  while (Date.now() < deadline && (found.length < count || Date.now() - quietSince < 1_000))
    for (const { value } of await reader.read()) {
      found.push(JSON.parse(decoder.decode(value ?? undefined)) as Emitted);
      quietSince = Date.now();
    }
  await reader.close();
  expect(found.every(({ seen }) => seen === true)).toBe(true);
  return sorted(found.map(({ after }) => after.status));
}

interface Line {
  readonly letter: string;
  readonly stage: string;
  readonly code: string;
  readonly attempts: number;
  readonly record: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly fate?: string;
  readonly why?: string;
}

function lines({ stdout }: Ended): Line[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

describe.skipIf(!ok)("dead letters", () => {
  it("are listed, shown and redriven, each once, also when that is killed", { timeout: 240_000 }, async () => {
    const store = folder();
    const config = configured(store, ["a", "b"]);
    picky(config, ["bad"]);
    const told = Array.from({ length: 60 }, (_, i) => i + 1).flatMap((sequence) =>
      ["a", "b"].map((source): Told => ({
        source,
        sequence,
        key: sequence,
        op: "c",
        after: `${sequence % 5 === 0 ? "bad" : "good"}-${sequence}`,
      })),
    );
    // A source that nobody has named: one of its changes came from another one too.
    await send([
      ...told,
      { source: "c", sequence: 60, key: 60, op: "c", after: "bad-60" },
      { source: "c", sequence: 61, key: 61, op: "c", after: "only-c-61" },
    ]);
    const good = told.filter(({ after, source }) => source === "a" && after?.startsWith("good") === true);
    const goodStates = sorted(good.map(({ after }) => after ?? ""));
    const running = new Tandem(["run", "--config", config]);
    expect(await states(good.length)).toEqual(goodStates);

    const list = await tandem("dead-letters", "list", "--config", config, "--json");
    const listed = lines(list);
    expect(sorted(listed.map(({ stage }) => stage))).toEqual([
      ...Array.from({ length: 2 }, () => "dedup"),
      ...Array.from({ length: 12 }, () => "picky"),
    ]);
    expect(listed.every(({ attempts, record }) => attempts === 1 && record.topic === TOPIC)).toBe(true);
    const unknown = await tandem("dead-letters", "list", "--config", config, "--code", "RECORD_UNIDENTIFIABLE");
    expect(unknown.stdout).toMatch(/^dead-0@\d+ {2}of shop\.orders-\d@\d+ {2}dedup RECORD_UNIDENTIFIABLE {2}.*"c"/);
    expect(unknown.stderr).toContain("2 dead letters of 14 in dead");

    const first = listed.find(({ stage }) => stage === "picky");
    const shown = await tandem("dead-letters", "show", first?.letter ?? "", "--config", config, "--json");
    expect(JSON.parse(shown.stdout)).toMatchObject({
      letter: first?.letter,
      stage: "picky",
      headers: [{ key: "connector" }],
      context: { "__connect.errors.connector.name": "shop", "tandem.stage": "picky" },
      value: { op: "c" },
    });

    // Mended, but for one. The pipeline goes on meanwhile, under the old rule.
    const mended = configured(store, ["a", "b", "c"]);
    picky(mended, ["bad-55"], ["bad-10", "bad-45"]);
    const dry = await tandem("dead-letters", "redrive", "--config", mended, "--dry-run", "--json");
    expect(lines(dry).filter(({ fate }) => fate === "planned")).toHaveLength(12);
    expect(lines(dry).filter(({ fate }) => fate === "stays")).toEqual([
      expect.objectContaining({ why: expect.stringMatching(/while the pipeline is stopped only: group shop has 1/) }),
      expect.objectContaining({ why: expect.stringContaining("--unclaimed") }),
    ]);
    const redrive = (): Promise<Ended> =>
      tandem("dead-letters", "redrive", "--config", mended, "--stage", "picky", "--json");
    expect([(await redrive()).code, (await redrive()).code]).toEqual([null, null]);
    const rest = await redrive();
    expect([lines(rest).at(-1), rest.code]).toEqual([{ meant: 12, emitted: 11, failed: 1, dropped: 0, stayed: 0 }, 1]);
    const bad = told.filter(({ after, source }) => source === "a" && after?.startsWith("bad") === true);
    const redriven = bad.map(({ after }) => after ?? "").filter((after) => after !== "bad-55");
    const soFar = sorted([...goodStates, ...redriven]);
    expect(await states(soFar.length)).toEqual(soFar);
    const again = lines(await tandem("dead-letters", "list", "--config", mended, "--json", "--stage", "picky"));
    expect(again).toEqual([expect.objectContaining({ attempts: 2, stage: "picky", code: "RECORD_REJECTED" })]);

    // What has never claimed its key does so while nobody else claims: one is a copy, the other is not.
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
    const claimed = await untilStopped(() =>
      tandem("dead-letters", "redrive", "--config", mended, "--stage", "dedup", "--json"),
    );
    expect(lines(claimed).map(({ fate }) => fate)).toEqual(expect.arrayContaining(["emitted", "dropped"]));
    expect(await states(soFar.length + 1)).toEqual(sorted([...soFar, "only-c-61"]));

    // The claim holds: the pipeline drops a copy that comes later.
    await send([{ source: "a", sequence: 61, key: 61, op: "c", after: "only-c-61" }]);
    await send([{ source: "a", sequence: 62, key: 62, op: "c", after: "good-62" }]);
    const after = new Tandem(["run", "--config", mended]);
    expect(await states(soFar.length + 2)).toEqual(sorted([...soFar, "only-c-61", "good-62"]));
    after.child.kill("SIGTERM");
    await after.ended;
    const left = lines(await tandem("dead-letters", "list", "--config", mended, "--json"));
    expect(left).toHaveLength(1);
    const all = lines(await tandem("dead-letters", "list", "--config", mended, "--json", "--all"));
    expect(all).toHaveLength(15);
  });

  it("that are not there, or not to be had, are told, exit 2", async () => {
    const config = configured(folder(), ["a"]);
    const missing = await tandem("dead-letters", "show", "0:999", "--config", config);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("there is no dead letter dead-0@999")]);
    const wrong = await tandem("dead-letters", "redrive", "seven", "--config", config);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('"seven" names no dead letter')]);
    const none = file(
      least((c) => {
        put(c, ["kafka", "bootstrap.servers"], kafka.bootstrap);
        put(c, ["dedup", "late"], "drop");
      }),
      "tandem.json",
    );
    const without = await tandem("dead-letters", "list", "--config", none);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("set errors.tolerance to all")]);
  });
});

/** The group knows of a static member until its session ends. */
async function untilStopped(attempt: () => Promise<Ended>): Promise<Ended> {
  const deadline = Date.now() + 40_000;
  for (;;) {
    const ended = await attempt();
    if (!ended.stdout.includes("the pipeline is stopped only") || Date.now() > deadline) return ended;
  }
}
