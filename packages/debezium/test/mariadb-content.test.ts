import { describe, expect, test } from "vitest";
import { debeziumIdentity } from "../src/index.ts";
import { sent } from "./events.ts";
import { type Delivery, Player } from "./player.ts";

/** Without known sources: content within the transaction. */
function player(): Player {
  return new Player({ identity: debeziumIdentity() });
}

const S1S2 = { sequence: 2, before: "S1", after: "S2" };
const S2S1 = { sequence: 2, before: "S2", after: "S1" };
const plain = (delivery: Delivery): Delivery => ({ ...delivery, headers: [] });

describe("identity by content within the transaction", () => {
  test("needs no header; copies of either connector are one change", async () => {
    const lane = player();
    await lane.play(plain(sent("a", S1S2)), plain(sent("b", { ...S1S2, pos: 900 })), plain(sent("a", S1S2)));
    expect(lane.emitted).toEqual([0]);
    expect(lane.counts.get("ambiguous")).toBeUndefined();
  });

  test("equal content in another transaction is another change", async () => {
    const lane = player();
    await lane.play(
      sent("a", S1S2),
      sent("a", { ...S1S2, sequence: 3, pos: 300 }),
      sent("a", { ...S1S2, domain: 1, pos: 400 }),
    );
    expect(lane.emitted).toEqual([0, 1, 2]);
  });

  test("a renumbering restart in the middle of a transaction changes nothing", async () => {
    const lane = player();
    await lane.play(
      sent("a", { ...S1S2, order: 7 }),
      sent("a", { ...S1S2, order: 1 }),
      sent("a", { ...S2S1, pos: 110, order: 1 }),
    );
    expect(lane.emitted).toEqual([0, 2]);
  });

  test("equal changes of one row are taken for copies: documented, and counted", async () => {
    const lane = player();
    await lane.play(
      sent("a", S1S2),
      sent("a", { ...S2S1, pos: 110 }),
      sent("a", { ...S1S2, pos: 120 }),
      sent("a", { ...S2S1, pos: 130 }),
    );
    expect(lane.emitted).toEqual([0, 1]);
    expect(lane.counts.get("ambiguous")).toBe(2);
  });

  test("so are equal rows of a table without a key", async () => {
    const lane = player();
    await lane.play(...[0, 1, 2].map((row) => sent("a", { op: "c", key: null, after: "same", row })));
    expect(lane.emitted).toEqual([0]);
    expect(lane.counts.get("ambiguous")).toBe(2);
  });

  test("diverged copies both pass", async () => {
    const lane = player();
    await lane.play(sent("a", S1S2), sent("b", { ...S1S2, after: "diverged" }));
    expect(lane.emitted).toEqual([0, 1]);
  });

  test("remembers nothing of the lane: a restart changes nothing", async () => {
    const lane = player();
    await lane.play(sent("a", S1S2));
    await lane.restart();
    await lane.play(sent("b", S1S2), sent("a", S1S2));
    expect(lane.emitted).toEqual([0]);
  });
});
