import { describe, expect, test } from "vitest";
import { debeziumIdentity } from "../src/index.ts";
import { sent } from "./events.ts";
import { type Delivery, Player } from "./player.ts";
import { laneOf, recorded } from "./recorded.ts";
import { byTotalOrder } from "./wrong-identities.ts";

const decoder = new TextDecoder();

/** What makes a change what it is, whichever connector sent it. */
function changeOf(value: Uint8Array): string {
  const { after, before, op, source } = JSON.parse(decoder.decode(value)) as Record<
    "after" | "before" | "op",
    unknown
  > & {
    readonly source: { readonly gtid: string | null; readonly table: string };
  };
  return JSON.stringify([source.gtid, source.table, op, before, after]);
}

function changesOf(values: readonly { readonly value: Uint8Array | null }[]): string[] {
  return values.flatMap(({ value }) => (value === null ? [] : [changeOf(value)]));
}

async function played(identity: ReturnType<typeof debeziumIdentity>, deliveries: readonly Delivery[]): Promise<Player> {
  const player = new Player({ identity });
  await player.play(...deliveries);
  return player;
}

const SOURCES = { sources: { header: "connector", names: ["a", "b"] } };
const RUNS = ["run1-orders", "run1-items", "run2-orders", "run2-items", "same-row-twice", "multi-table-statement"];

const LANES = RUNS.flatMap((run) => [0, 1, 2].map((partition) => [run, partition] as const));

describe("two recorded connectors: every change once, in the order of one connector alone", () => {
  test.each(LANES)("with sources: %s, partition %i", async (run, partition) => {
    const records = recorded(run);
    const player = await played(debeziumIdentity(SOURCES), laneOf(records, partition));
    const alone = changesOf(laneOf(records, partition, "b"));
    expect(changesOf(player.output)).toEqual(alone);
    expect(changesOf(laneOf(records, partition, "a"))).toEqual(alone);
    expect(player.rejected).toEqual([]);
    expect(player.counts.get("divergence")).toBeUndefined();
  });

  test.each(LANES)("without sources, but for the ambiguous: %s, partition %i", async (run, partition) => {
    const records = recorded(run);
    const player = await played(debeziumIdentity(), laneOf(records, partition));
    const alone = changesOf(laneOf(records, partition, "b"));
    const contents = [...new Set(alone)];
    expect(changesOf(player.output)).toEqual(contents);
    expect(player.counts.has("ambiguous")).toBe(contents.length < alone.length);
    expect(player.rejected).toEqual([]);
  });
});

test("every emitted delete is followed by one tombstone, the recorded ones are consumed", async () => {
  const player = await played(debeziumIdentity(SOURCES), laneOf(recorded("run1-orders"), 0));
  const ends = player.output.map(({ value }) =>
    value === null ? "tombstone" : (JSON.parse(changeOf(value)) as unknown[])[2],
  );
  expect(ends.filter((end) => end === "d")).toHaveLength(2);
  ends.forEach((end, i) => expect(end === "tombstone").toBe(ends[i - 1] === "d"));
});

test("a primary-key change comes out as its delete and its create", async () => {
  const deliveries = recorded("primary-key-change").map(({ delivery: { key, value } }, i) => ({
    key,
    value,
    headers: sent(i < 2 ? "a" : "b", {}).headers ?? [],
  }));
  const player = await played(debeziumIdentity(SOURCES), deliveries);
  expect(changesOf(player.output).map((change) => (JSON.parse(change) as unknown[])[2])).toEqual(["d", "c"]);
});

describe("S1-S2-S1-S2, recorded", () => {
  test("with sources all four changes come out, once", async () => {
    const player = await played(debeziumIdentity(SOURCES), laneOf(recorded("abab"), 0));
    expect(player.emitted).toEqual([0, 2, 3, 4, 5]);
  });

  test("without sources the repetition is taken for a copy, and counted", async () => {
    const player = await played(debeziumIdentity(), laneOf(recorded("abab"), 0));
    expect(player.emitted).toEqual([0, 2, 3, 4]);
    expect(player.counts.get("ambiguous")).toBe(1);
  });
});

test("connectors with different filters count differently, and the truncate passes once", async () => {
  const deliveries = laneOf(recorded("filters-truncate"), 0);
  expect((await played(debeziumIdentity(SOURCES), deliveries)).emitted).toEqual([0, 2, 3]);
  expect((await played(byTotalOrder, deliveries.slice(2))).emitted).toEqual([2, 3, 4]);
});

describe("a worker killed in the middle of a transaction of 60,000", () => {
  /** The orders of the recorded transaction are 20,000 inserts, then an update of each. Connector b as recorded: 3,118 changes, then from change 1,270 on again, counted from 1. */
  const deliveries = [...range(0, 3_118, 0), ...range(1_270, 40_000, 1_270)];

  function range(from: number, to: number, counted: number): Delivery[] {
    return Array.from({ length: to - from }, (_, i) => {
      const number = from + i;
      const update = number >= 20_000;
      return sent("b", {
        sequence: 69,
        file: 3,
        pos: 19_228 + 40 * number,
        key: number % 20_000,
        op: update ? "u" : "c",
        before: update ? "new" : null,
        after: update ? "paid" : "new",
        order: number - counted + 1,
      });
    });
  }

  function lost(player: Player): number {
    const seen = new Set(
      player.output.map(({ value }) => {
        const { after, op } = JSON.parse(decoder.decode(value ?? new Uint8Array(0))) as {
          after: { id: number };
          op: string;
        };
        return `${op} ${after.id}`;
      }),
    );
    return 40_000 - seen.size;
  }

  test("one change came four times, under two numbers", async () => {
    const player = await played(debeziumIdentity(SOURCES), laneOf(recorded("crash-four-deliveries"), 0));
    expect(player.emitted).toEqual([2_542, 46_941]);
    expect((await played(byTotalOrder, laneOf(recorded("crash-four-deliveries"), 0))).emitted).toEqual([
      2_542, 6_196, 46_941, 48_227,
    ]);
  });

  test("an identity by total_order loses 1,270 changes of connector b alone, as measured on the recording", async () => {
    expect(lost(await played(byTotalOrder, deliveries))).toBe(1_270);
  });

  test.each([
    ["with sources", debeziumIdentity(SOURCES)],
    ["without sources", debeziumIdentity()],
  ])("the identity loses and doubles nothing, %s", async (_, identity) => {
    const player = await played(identity, deliveries);
    expect(lost(player)).toBe(0);
    expect(player.output).toHaveLength(40_000);
  });
});

describe("what is no row event is known by its shape", () => {
  const play = async (name: string): Promise<Player> =>
    played(
      debeziumIdentity(SOURCES),
      recorded(name).map(({ delivery: { headers = [], key, value } }) => ({ key, value, headers })),
    );

  test.each(["transaction-begin", "transaction-end", "schema-change"])("%s: once", async (name) => {
    const player = await play(name);
    expect(player.rejected).toEqual([]);
    expect(player.emitted).toEqual([0]);
    expect(player.counts.get("divergence")).toBeUndefined();
  });

  test("heartbeats are ignored", async () => {
    const player = await play("heartbeat");
    expect([player.rejected, player.emitted, player.counts.get("ignored")]).toEqual([[], [], 2]);
  });

  test("an END that counts fewer events, of a connector that sent less, is a divergence", async () => {
    const player = await play("crash-transaction-topic");
    expect(player.rejected).toEqual([]);
    expect(player.counts.get("divergence")).toBe(1);
  });
});

test("copies of a change without a key lie in different partitions: the lane stops with advice", async () => {
  const [first] = recorded("row-differs");
  const player = new Player({ identity: debeziumIdentity(SOURCES), partitions: 3 });
  await expect(player.play(first?.delivery ?? sent("a", {}))).rejects.toMatchObject({
    code: "LANE_NULL_KEY",
    message: expect.stringContaining("message.key.columns"),
  });
});
