import { beforeEach, describe, expect, test } from "vitest";
import { debeziumIdentity } from "../src/index.ts";
import { sent } from "./events.ts";
import { type Delivery, Player } from "./player.ts";

const identity = debeziumIdentity({ sources: { header: "connector" } });

/** An update of row 1 under this GTID sequence, at this place. */
function update(source: string, sequence: number, pos: number, from: string, to: string, row = 0): Delivery {
  return sent(source, { sequence, pos, row, before: from, after: to });
}

let player: Player;
/** The lane has seen both sources from transaction 1 on: what follows is aligned. */
beforeEach(async () => {
  player = new Player({ identity });
  await player.play(update("a", 1, 100, "new", "S1"), update("b", 1, 200, "new", "S1"));
  expect(player.emitted).toEqual([0]);
});

describe("marks: what a source has sent before is a re-delivery", () => {
  test("at or below both marks: dropped without a question to the store", async () => {
    await player.play(
      update("a", 2, 300, "S1", "S2"),
      update("a", 1, 100, "new", "S1"),
      update("a", 2, 300, "S1", "S2"),
    );
    expect(player.emitted).toEqual([0, 2]);
    expect(player.counts.get("redelivery:a")).toBe(2);
  });

  test("the other source's copy is no re-delivery, wherever it lies in its own binlog", async () => {
    await player.play(update("a", 2, 300, "S1", "S2"), update("b", 2, 9_000, "S1", "S2"));
    expect(player.emitted).toEqual([0, 2]);
    expect(player.counts.get("redelivery")).toBeUndefined();
    expect(player.counts.get("duplicate:b")).toBe(2);
  });

  test("higher in the file under a lower GTID: new, and counted as a violation of the order", async () => {
    await player.play(update("a", 3, 300, "S1", "S2"), update("a", 2, 400, "S2", "S3"));
    expect(player.emitted).toEqual([0, 2, 3]);
    expect(player.counts.get("gtid-order-violation")).toBe(1);
  });

  test("a re-delivery under such a lower GTID is still one", async () => {
    await player.play(update("a", 3, 300, "S1", "S2"), update("a", 2, 400, "S2", "S3"));
    await player.play(
      update("a", 3, 300, "S1", "S2"),
      update("a", 2, 400, "S2", "S3"),
      update("a", 4, 500, "S3", "S4"),
    );
    expect(player.emitted).toEqual([0, 2, 3, 6]);
  });

  test("higher GTID, not higher in the file: the source was re-pointed", async () => {
    await expect(player.play(update("a", 2, 50, "S1", "S2"))).rejects.toMatchObject({
      code: "LANE_SOURCE_REPOINTED",
      message: expect.stringMatching(/GTID sequence 2 is higher than 1.*needs a new source name/),
    });
  });

  test.each([
    ["higher", 3],
    ["lower", 1],
  ])("the open GTID in a %s file: the source was re-pointed, not a re-delivery", async (_, file) => {
    await player.play(sent("a", { sequence: 2, file: 2, before: "S1", after: "S2" }));
    await expect(player.play(sent("a", { sequence: 2, file, before: "S2", after: "S3" }))).rejects.toMatchObject({
      code: "LANE_SOURCE_REPOINTED",
      message: expect.stringContaining("goes on in another binlog file"),
    });
  });

  test("with `repointed: new-source` it is a new source from there on: copies are copies, what is new comes out", async () => {
    const going = new Player({
      identity: debeziumIdentity({ sources: { header: "connector", repointed: "new-source" } }),
    });
    await going.play(
      update("a", 1, 100, "new", "S1"),
      update("b", 1, 200, "new", "S1"),
      update("a", 2, 300, "S1", "S2"),
    );
    await going.play(update("a", 3, 50, "S2", "S3"), update("b", 2, 400, "S1", "S2"), update("b", 3, 500, "S2", "S3"));
    await going.restart();
    await going.play(update("a", 3, 50, "S2", "S3"), update("a", 4, 90, "S3", "S4"), update("b", 4, 600, "S3", "S4"));
    expect(going.emitted).toEqual([0, 2, 3, 7]);
    expect(going.counts.get("source-repointed")).toBe(1);
    expect(going.counts.get("redelivery:a")).toBe(1);
  });

  test("a binlog of another name: the source was re-pointed", async () => {
    await expect(player.play(sent("a", { sequence: 2, base: "bin9", pos: 900 }))).rejects.toMatchObject({
      code: "LANE_SOURCE_REPOINTED",
      message: expect.stringContaining('"bin2" and now reads "bin9"'),
    });
  });

  test("the next transaction in the next file is new, at whatever position", async () => {
    await player.play(sent("a", { sequence: 2, file: 2, pos: 4, before: "S1", after: "S2" }));
    expect(player.emitted).toEqual([0, 2]);
  });

  test("binlog files are ordered by number, not by name", async () => {
    await player.play(
      sent("a", { sequence: 2, file: 999_999, pos: 4 }),
      sent("a", { sequence: 3, file: 1_000_000, pos: 4 }),
    );
    expect(player.emitted).toEqual([0, 2, 3]);
  });

  test("each GTID domain has marks of its own", async () => {
    const other = sent("a", { domain: 7, sequence: 9, pos: 300, before: "S1", after: "S2" });
    await player.play(other, update("a", 2, 400, "S2", "S3"), other);
    expect(player.emitted).toEqual([0, 2, 3]);
    expect(player.counts.get("redelivery")).toBe(1);
    expect(player.counts.get("gtid-order-violation")).toBeUndefined();
  });

  test("rows of a snapshot move no mark", async () => {
    await player.play(
      sent("a", { op: "r", gtid: null, pos: 9_000, after: "S1", snapshot: "true", key: 5 }),
      update("a", 2, 300, "S1", "S2"),
    );
    expect(player.counts.get("redelivery")).toBeUndefined();
    expect(player.emitted).toContain(3);
  });
});

describe("equal changes within a transaction are told apart", () => {
  const abab = (source: string, base: number): Delivery[] => [
    update(source, 2, base, "S1", "S2"),
    update(source, 2, base + 10, "S2", "S1"),
    update(source, 2, base + 20, "S1", "S2"),
    update(source, 2, base + 30, "S2", "S1"),
  ];

  test("S1-S2-S1-S2 on one row: four changes, once", async () => {
    await player.play(...abab("a", 300), ...abab("b", 700));
    expect(player.emitted).toEqual([0, 2, 3, 4, 5]);
  });

  test("also when both interleave and one goes back", async () => {
    const [a, b] = [abab("a", 300), abab("b", 700)];
    await player.play(...a.slice(0, 2), ...b.slice(0, 3), ...a.slice(1), ...b.slice(1));
    expect(player.output.map(({ offset }) => offset)).toEqual([0, 2, 3, 6, 9]);
  });

  test("equal rows of a table without a key: each of them, once", async () => {
    const rows = (source: string, base: number): Delivery[] =>
      [0, 1, 2].map((row) => sent(source, { sequence: 2, pos: base, row, op: "c", key: null, after: "same" }));
    await player.play(...rows("a", 300), ...rows("b", 700));
    expect(player.emitted).toEqual([0, 2, 3, 4]);
  });

  test("rows packed into binlog events in another way on each replica are the same rows", async () => {
    const place = (source: string, n: number): [pos: number, row: number] =>
      source === "a" ? [300 + 50 * Math.floor(n / 4), n % 4] : [700, n];
    const rows = (source: string): Delivery[] =>
      Array.from({ length: 6 }, (_, n) => {
        const [pos, row] = place(source, n);
        return sent(source, { sequence: 2, pos, row, op: "c", key: n, after: "x" });
      });
    await player.play(...rows("a"), ...rows("b"));
    expect(player.emitted).toEqual([0, 2, 3, 4, 5, 6, 7]);
  });

  test("a primary-key change is a delete and a create at one place, the delete first", async () => {
    const both = (source: string, pos: number): Delivery[] => [
      sent(source, { sequence: 2, pos, op: "d", key: 1, before: "S1" }),
      sent(source, { sequence: 2, pos, op: "c", key: 2, after: "S1" }),
    ];
    await player.play(...both("a", 300), ...both("b", 700), ...both("a", 300));
    expect(player.emitted).toEqual([0, 2, 3]);
    expect(player.counts.get("redelivery:a")).toBe(2);
  });

  test("copies that differ in content are one change, counted as a divergence", async () => {
    await player.play(update("a", 2, 300, "S1", "S2"), update("b", 2, 700, "S1", "S2 diverged"));
    expect(player.emitted).toEqual([0, 2]);
    expect(player.counts.get("divergence")).toBe(1);
  });
});

describe("a transaction whose beginning is unseen is unaligned", () => {
  const rows = (source: string, base: number, steps: readonly string[]): Delivery[] =>
    steps.map((step, i) => update(source, 2, base + 10 * i, step.slice(0, 2), step.slice(3)));

  test("a new source in the middle: an equal fingerprint makes a duplicate", async () => {
    await player.play(...rows("a", 300, ["S1>S2", "S2>S3"]), ...rows("c", 700, ["S1>S2", "S2>S3"]));
    expect(player.emitted).toEqual([0, 2, 3]);
    expect(player.counts.get("possible-duplicate")).toBeUndefined();
  });

  test("another fingerprint is emitted, and counted as a possible duplicate: nothing is lost", async () => {
    await player.play(...rows("a", 300, ["S1>S2", "S2>S3"]), ...rows("c", 700, ["S2>S3", "S3>S4"]));
    expect(player.emitted).toEqual([0, 2, 3, 4, 5]);
    expect(player.counts.get("possible-duplicate")).toBe(2);
    expect(player.counts.get("divergence")).toBeUndefined();
  });

  test("unaligned for one source is unaligned for all: its numbers stand in the claims", async () => {
    await player.play(...rows("c", 700, ["S2>S3"]), ...rows("a", 300, ["S1>S2", "S2>S3"]));
    expect(player.emitted).toEqual([0, 2, 3, 4]);
    expect(player.counts.get("possible-duplicate")).toBe(1);
  });

  test("the source's next transaction is aligned", async () => {
    await player.play(
      ...rows("c", 700, ["S1>S2"]),
      update("c", 3, 900, "S2", "S3"),
      update("a", 3, 900, "S2", "S3 diverged"),
    );
    expect(player.counts.get("divergence")).toBe(1);
    expect(player.emitted).toEqual([0, 2, 3]);
  });
});

describe("the lane starts again at what was committed", () => {
  test("marks: what was sent before is known", async () => {
    await player.play(update("a", 2, 300, "S1", "S2"));
    await player.restart();
    await player.play(update("a", 2, 300, "S1", "S2"), update("a", 3, 400, "S2", "S3"));
    expect(player.emitted).toEqual([0, 2, 4]);
    expect(player.counts.get("redelivery:a")).toBe(1);
  });

  test("in the middle of a transaction: its open range is read again, and the numbers go on", async () => {
    await player.play(update("a", 2, 300, "S1", "S2"), update("a", 2, 310, "S2", "S1"));
    await player.restart();
    await player.play(update("a", 2, 320, "S1", "S2"), update("a", 2, 330, "S2", "S1"));
    await player.restart();
    await player.play(
      ...["S1>S2", "S2>S1", "S1>S2", "S2>S1"].map((step, i) =>
        update("b", 2, 700 + 10 * i, step.slice(0, 2), step.slice(3)),
      ),
    );
    expect(player.emitted).toEqual([0, 2, 3, 4, 5]);
    expect(player.counts.get("duplicate:b")).toBe(5);
  });

  test("re-deliveries inside of the range are not counted again", async () => {
    await player.play(
      update("a", 2, 300, "S1", "S2"),
      update("a", 2, 310, "S2", "S1"),
      update("b", 2, 700, "S1", "S2"),
    );
    await player.play(
      update("a", 2, 300, "S1", "S2"),
      update("a", 2, 310, "S2", "S1"),
      update("a", 2, 320, "S1", "S2"),
    );
    await player.restart();
    await player.play(
      update("a", 2, 330, "S2", "S1"),
      update("b", 2, 710, "S2", "S1"),
      update("b", 2, 720, "S1", "S2"),
      update("b", 2, 730, "S2", "S1"),
    );
    expect(player.emitted).toEqual([0, 2, 3, 7, 8]);
  });

  test.each([
    ["without a position", '"pos":310,', ""],
    ["of a file without a number", "bin2.000001", "bin2"],
  ])("a record %s, rejected inside of the range, is passed over", async (_, field, instead) => {
    const good = update("a", 2, 310, "S2", "S1");
    const value = Buffer.from(
      Buffer.from(good.value ?? [])
        .toString()
        .replace(field, instead),
    );
    await player.play(update("a", 2, 300, "S1", "S2"), { ...good, value }, update("a", 2, 320, "S2", "S3"));
    expect(player.rejected.map(({ offset }) => offset)).toEqual([3]);
    await player.restart();
    await player.play(update("a", 2, 330, "S1", "S2"), update("b", 2, 700, "S1", "S2"));
    expect(player.emitted).toEqual([0, 2, 4, 5]);
  });

  test("ranges of several sources are read again once, and what lies between them is not", async () => {
    await player.play(
      update("a", 2, 300, "S1", "S2"),
      update("b", 2, 700, "S1", "S2"),
      update("a", 2, 310, "S2", "S1"),
      update("b", 2, 710, "S2", "S1"),
      update("a", 2, 320, "S1", "S2"),
      sent("a", { op: "r", gtid: null, after: "S1", snapshot: "true", key: 5 }),
      update("c", 3, 900, "S9", "S8"),
    );
    await player.restart();
    await player.play(
      update("a", 2, 330, "S2", "S1"),
      update("b", 2, 720, "S1", "S2"),
      update("b", 2, 730, "S2", "S1"),
    );
    expect(player.emitted).toEqual([0, 2, 4, 6, 8, 9]);
    expect(player.read).toEqual([2, 3, 4, 5, 6, 8]);
    expect(player.restoring).toEqual(["3/6", "5/6", "6/6"]);
  });

  test("the part of a transaction before another one of the source is not counted again, though another source's range holds it", async () => {
    await player.play(
      update("b", 2, 700, "S1", "S2"),
      update("a", 2, 300, "S1", "S2"),
      update("a", 3, 310, "S2", "S3"),
      update("a", 2, 320, "S1", "S2"),
      update("b", 2, 710, "S2", "S1"),
    );
    const next = [update("a", 2, 330, "S2", "S1"), update("b", 2, 720, "S1", "S2")];
    await player.restart();
    await player.play(...next);
    expect(player.read).toEqual([2, 3, 4, 5, 6]);
    expect(player.emitted).toEqual([0, 2, 4, 6, 8]);
  });

  test("a range below the log's start is unaligned: nothing is lost", async () => {
    await player.play(update("a", 2, 300, "S1", "S2"), update("a", 2, 310, "S2", "S1"));
    player.logStart = 3;
    await player.restart();
    await player.play(update("a", 2, 320, "S1", "S2 again"));
    expect(player.emitted).toEqual([0, 2, 3, 4]);
    expect(player.counts.get("possible-duplicate")).toBe(1);
    await player.restart();
    await player.play(update("a", 2, 330, "S2 again", "S3"), update("b", 2, 700, "S1", "S2"));
    expect(player.counts.get("divergence")).toBeUndefined();
  });

  test("an abort after the claims: the records are read again and come out", async () => {
    await player.playAborted(
      update("a", 2, 300, "S1", "S2"),
      update("b", 2, 700, "S1", "S2"),
      update("a", 2, 310, "S2", "S1"),
    );
    expect(player.emitted).toEqual([0, 2, 4]);
  });
});

describe("a header that names something else than the connector", () => {
  const traces = (n: number): Delivery[] =>
    Array.from({ length: n }, (_, i) => update(`trace-${i}`, 5 + i, 900 + i, "S1", `S${i}`));

  test("stops the lane before its state is full of names", async () => {
    await player.play(...traces(62));
    await expect(player.play(...traces(63).slice(62))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(
        /header "connector" has named 64 sources already, and now "trace-62".*sources\.names/,
      ),
    });
  });

  test("does not where the names are listed", async () => {
    const names = ["a", "b", ...traces(70).map((_, i) => `trace-${i}`)];
    const listed = new Player({ identity: debeziumIdentity({ sources: { header: "connector", names } }) });
    await listed.play(...traces(70));
    expect(listed.emitted).toHaveLength(70);
  });
});
