import { describe, expect, test } from "vitest";
import { debeziumIdentity, type DebeziumIdentityOptions } from "../src/index.ts";
import { sentBy } from "./events.ts";
import { type Delivery, Player } from "./player.ts";
import { type Recorded, recorded } from "./recorded.ts";

const decoder = new TextDecoder();
const SOURCES = { sources: { header: "connector", names: ["a", "b"] } };

/** By topic and partition: what was recorded there. */
function lanes(name: string): Map<string, Recorded[]> {
  const made = new Map<string, Recorded[]>();
  for (const record of recorded(`postgresql-${name}`)) {
    const lane = `${record.topic}-${record.partition}`;
    made.set(lane, [...(made.get(lane) ?? []), record]);
  }
  return made;
}

async function played(options: DebeziumIdentityOptions, deliveries: readonly Delivery[]): Promise<Player> {
  const player = new Player({ identity: debeziumIdentity(options) });
  await player.play(...deliveries);
  return player;
}

/** What a consumer reads of an event. */
function said(value: Uint8Array): string {
  const { after, before, ddl, id, message, op, source, status } = JSON.parse(decoder.decode(value)) as Record<
    string,
    unknown
  >;
  const { lsn } = (source ?? {}) as { readonly lsn?: number };
  return JSON.stringify([op, op === "r" ? null : lsn, before, after, message, status, id, ddl]);
}

const saidBy = (records: readonly { readonly value: Uint8Array | null }[]): string[] =>
  records.flatMap(({ value }) => (value === null ? [] : [said(value)]));

const NAMES = [
  "snapshot",
  "rows",
  "primary-key-change",
  "multi-row",
  "copy",
  "keyless",
  "transaction",
  "interleaved",
  "truncate",
  "message",
  "away",
];

describe("two recorded slots of one server: every change once, in the order of one connector alone", () => {
  test.each(NAMES)("%s", async (name) => {
    for (const [lane, records] of lanes(name)) {
      const player = await played(
        SOURCES,
        records.map(({ delivery }) => delivery),
      );
      expect(player.rejected, lane).toEqual([]);
      for (const doubt of ["divergence", "late"]) expect(player.counts.get(doubt), `${lane} ${doubt}`).toBeUndefined();
      if (lane.startsWith("__debezium-heartbeat")) {
        expect(player.emitted).toEqual([]);
        continue;
      }
      const of = (source: string): string[] =>
        saidBy(records.filter((record) => record.source === source).map(({ delivery }) => delivery));
      const alone = of("a").length > of("b").length ? of("a") : of("b");
      // Equal rows of a snapshot without a key are one; that there were more of them is counted.
      const expected = name === "snapshot" ? [...new Set(alone)] : alone;
      expect(saidBy(player.output), lane).toEqual(expected);
      expect(player.counts.has("ambiguous"), lane).toBe(expected.length < alone.length);
    }
  });
});

const keylessRows = lanes("copy").get("cdc.public.log-0") ?? [];

test("equal rows of a COPY without a key: without known sources one of each page comes out, counted", async () => {
  const player = await played(
    {},
    keylessRows.map(({ delivery }) => delivery),
  );
  const alone = saidBy(keylessRows.filter(({ source }) => source === "a").map(({ delivery }) => delivery));
  expect(new Set(alone).size).toBeLessThan(alone.length);
  expect(saidBy(player.output)).toEqual([...new Set(alone)]);
});

describe("a COPY in the middle of which a connector is killed, as if its rows had no key", () => {
  const rows = (lanes("restart-copy").get("cdc.public.orders-0") ?? []).map(({ delivery, source }) => ({
    source,
    delivery: { ...delivery, key: null },
  }));
  const all = new Set(saidBy(rows.map(({ delivery }) => delivery)));

  test("with sources every row comes out once, though total_order is wrong after it", async () => {
    const player = await played(
      SOURCES,
      rows.map(({ delivery }) => delivery),
    );
    expect(saidBy(player.output).toSorted()).toEqual([...all].toSorted());
    expect(player.counts.get("divergence")).toBeUndefined();
  });

  test("also of that connector alone, sent again from a page on, and with the lane started anew at any record", async () => {
    const a = rows.filter(({ source }) => source === "a").map(({ delivery }) => delivery);
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    for (let i = 0; i < a.length; i += 7) {
      await player.play(...a.slice(i, i + 7));
      await player.restart();
    }
    expect(saidBy(player.output).toSorted()).toEqual([...new Set(saidBy(a))].toSorted());
  });
});

describe("what a change of PostgreSQL has to have", () => {
  const [first] = lanes("rows").get("cdc.public.orders-0") ?? [];
  const without = (field: string): Delivery => ({
    key: first?.delivery.key ?? null,
    value: new TextEncoder().encode(
      decoder.decode(first?.delivery.value ?? undefined).replace(`"${field}":`, `"no_${field}":`),
    ),
    headers: first?.delivery.headers ?? [],
  });

  test("an LSN: it is rejected without", async () => {
    const player = await played(SOURCES, [without("lsn")]);
    expect(player.rejected[0]?.cause.message).toMatch(/without source\.lsn/);
  });

  test("a rule for another connector does not admit it", async () => {
    const player = await played({ ...SOURCES, connector: "mariadb" }, [without("nothing")]);
    expect(player.rejected[0]?.cause.message).toMatch(/of connector "postgresql", and the rule admits mariadb only/);
  });
});

describe("rows without a key that share an LSN", () => {
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  /** A row of an LSN; each says its number there. */
  const row = (source: string, lsn: number, n: number, order = n, txId = 7): Delivery => ({
    key: null,
    headers: sentBy(source),
    value: new TextEncoder().encode(
      JSON.stringify({
        before: null,
        after: { lsn, n },
        op: "c",
        source: { connector: "postgresql", snapshot: "false", db: "d", schema: "public", table: "log", txId, lsn },
        transaction: { id: `${txId}:${lsn}`, total_order: order, data_collection_order: order },
      }),
    ),
  });
  /** Rows from one number to another: of LSN 100 those up to 100, of LSN 200 the others, as 3.7 numbers them. */
  const rows = (source: string, from: number, to: number): Delivery[] =>
    range(from, to).map((n) => row(source, n <= 100 ? 100 : 200, n));
  const sooner = (source: string): Delivery => row(source, 50, 1, 1, 6);
  const comeOut = ({ output }: Player): string[] =>
    output.map(({ value }) => {
      const { after } = JSON.parse(decoder.decode(value ?? undefined)) as { after: { lsn: number; n: number } };
      return `${after.lsn}/${after.n}`;
    });
  const all = ["50/1", ...range(1, 100).map((n) => `100/${n}`), ...range(101, 130).map((n) => `200/${n}`)];

  test.each([
    ["that it had sent the beginning of", [rows("a", 1, 30), rows("a", 21, 130)]],
    ["that it had sent the end of", [rows("a", 1, 110), rows("a", 21, 130)]],
    ["twice", [rows("a", 1, 30), rows("a", 21, 110), rows("a", 50, 130)]],
  ])("a connector of 3.7 goes on inside of an LSN %s: every row comes out once", async (_, parts) => {
    const player = new Player({ identity: debeziumIdentity(SOURCES) });
    await player.play(sooner("a"));
    for (const part of parts) {
      await player.play(...part);
      await player.restart();
    }
    await player.play(sooner("b"), ...rows("b", 1, 130));
    expect(comeOut(player)).toEqual(all);
    expect(player.counts.get("possible-duplicate")).toBeUndefined();
  });

  test("a connector of 3.6 goes on with the LSN after it, counting too low: every row comes out once", async () => {
    const again = range(101, 130).map((n) => row("a", 200, n, n - 60));
    const player = await played(SOURCES, [
      sooner("a"),
      ...rows("a", 1, 120),
      ...again,
      sooner("b"),
      ...rows("b", 1, 130),
    ]);
    expect(comeOut(player)).toEqual(all);
    expect(player.counts.get("divergence")).toBeUndefined();
  });

  test("also when it is set back by hand, for the rows that it has left out, and counts right again", async () => {
    const low = range(101, 110).map((n) => row("a", 200, n, n - 50));
    const player = await played(SOURCES, [sooner("a"), ...rows("a", 1, 50), ...low]);
    await player.play(...rows("a", 1, 130), sooner("b"), ...rows("b", 1, 130));
    expect(comeOut(player).toSorted()).toEqual(all.toSorted());
  });

  test("whose beginning was unseen from one source prove nothing, also when it has moved on and the lane starts again", async () => {
    const player = await played(SOURCES, [sooner("a"), ...rows("b", 5, 7), row("b", 300, 1, 1, 8)]);
    await player.restart();
    await player.play(...rows("a", 1, 7));
    expect(comeOut(player)).toEqual(expect.arrayContaining(range(1, 7).map((n) => `100/${n}`)));
    expect(player.counts.get("possible-duplicate")).toBe(3);
  });

  test("of as many LSNs as there are new sources the last sixteen are remembered", async () => {
    const player = new Player({ identity: debeziumIdentity({ sources: { header: "connector" } }) });
    await player.play(...range(1, 40).map((n) => row(`s${n}`, 1_000 + n, 5)));
    expect(player.committed).toMatchObject({ identity: { postgresql: { unaligned: range(1_025, 1_040) } } });
  });
});
