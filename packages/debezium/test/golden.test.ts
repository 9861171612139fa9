import { createHash } from "node:crypto";
import type { KeyStore } from "@tandem-cdc/core";
import { describe, expect, test } from "vitest";
import { debeziumIdentity, type DebeziumIdentityOptions } from "../src/index.ts";
import { sent } from "./events.ts";
import { episodes, history } from "./histories.ts";
import { type Delivery, Player } from "./player.ts";
import { laneOf, recorded } from "./recorded.ts";

/** A digest of all claims that the deliveries make: keys, buckets, fingerprints, coordinates, and what came out. */
async function claims(options: DebeziumIdentityOptions, deliveries: readonly Delivery[]): Promise<string> {
  const hash = createHash("sha256");
  const keyStore: KeyStore = {
    async claim(_, { buckets, coordinates, digests, fingerprints, length }) {
      for (let i = 0; i < length; i++)
        hash.update(
          `${Buffer.from(digests.subarray(16 * i, 16 * i + 16)).toString("hex")} ${buckets[i]} ${fingerprints[i]} ${coordinates[i]}\n`,
        );
      return { coordinates, fingerprints };
    },
    health: async () => ({ ok: true }),
    close: async () => undefined,
  };
  const player = new Player({ identity: debeziumIdentity(options), dedup: { keyStore } });
  await player.play(...deliveries);
  hash.update(JSON.stringify(player.emitted));
  return hash.digest("hex").slice(0, 16);
}

const SOURCES = { sources: { header: "connector" } };
const WITHOUT: DebeziumIdentityOptions = {};

function generated(seed: number): Delivery[] {
  return episodes(history(seed, 12), seed).episodes.flatMap(({ deliveries }) => deliveries);
}

function incremental(): Delivery[] {
  return [
    sent("a", { op: "r", snapshot: "incremental", gtid: "0-101-5", after: "S1" }),
    sent("b", { op: "r", snapshot: "incremental", gtid: null, after: "S2", key: 2 }),
  ];
}

/** Deliveries that have been claimed by this project's releases: their claims must be found again. */
const GOLDEN: [name: string, deliveries: () => Delivery[], sources: string, without: string][] = [
  ["abab", () => laneOf(recorded("abab"), 0), "ee61bf40f6971afe", "96d94798aec30608"],
  ["filters-truncate", () => laneOf(recorded("filters-truncate"), 0), "c04dc162111740b8", "1817997e729cbd65"],
  ["run1-orders", () => laneOf(recorded("run1-orders"), 0), "0588e8e10fffdb38", "285084dd0f73e397"],
  ["run1-items", () => laneOf(recorded("run1-items"), 0), "7181e8a2c1ce9030", "1ddb91053af6885c"],
  ["run2-orders", () => laneOf(recorded("run2-orders"), 2), "2a7f269d929a1727", "16765a9228e85869"],
  ["run2-items", () => laneOf(recorded("run2-items"), 1), "ae4f466c5f7287a1", "2e42866edfcbb6de"],
  ["same-row-twice", () => laneOf(recorded("same-row-twice"), 0), "bbfb6d20fa68e9bf", "2a5e94ad8998a264"],
  ["multi-table-statement", () => laneOf(recorded("multi-table-statement"), 0), "b8a4151b792925ba", "03fe68a22f722b82"],
  [
    "multi-table-transaction",
    () => laneOf(recorded("multi-table-transaction"), 1),
    "29f37bdb17570b09",
    "27449f70645651df",
  ],
  ["crash-four-deliveries", () => laneOf(recorded("crash-four-deliveries"), 0), "e2641b46aee35d45", "957175151eecd656"],
  ["snapshot", () => laneOf(recorded("snapshot"), 0), "e6cb9e45a9a13130", "af5a9037234226d6"],
  ["tombstone", () => laneOf(recorded("tombstone"), 1), "4f53cda18c2baa0c", "4f53cda18c2baa0c"],
  ["an incremental snapshot", incremental, "a4404f9026b5f10a", "4f28df8f5fde46c0"],
  ["generated history 1", () => generated(1), "55e0bd2a6be7c1bf", "1e973ffced1ba0e6"],
  ["generated history 2", () => generated(2), "54dd2aa270ace720", "949d69899aec7eac"],
  ["generated history 3", () => generated(3), "2b982dd170d92460", "6fe23ce6c1d4d25a"],
];

// Another key for the same change is a claim that nobody finds: every change of the last horizon would come out twice.
describe("keys of MariaDB's changes in JSON are what they always were", () => {
  test.each(GOLDEN)("%s", async (_, deliveries, sources, without) => {
    expect(await claims(SOURCES, deliveries())).toBe(sources);
    expect(await claims(WITHOUT, deliveries())).toBe(without);
  });
});
