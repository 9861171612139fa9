import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compaction, createKeyspace, createTable, insertBlock, selectBucket } from "../src/cql.ts";
import { settingsOf } from "../src/options.ts";

const SETTINGS = settingsOf({
  contactPoints: ["127.0.0.1"],
  localDataCenter: "dc1",
  namespace: "orders",
  horizonMs: 172_800_000,
  keyspace: "Cdc",
});

describe("the statements", () => {
  it("make a table of blocks by bucket that forgets by whole windows of time", () => {
    expect(createTable(SETTINGS)).toBe(
      `CREATE TABLE IF NOT EXISTS "Cdc"."tandem_claims" (namespace text, topic text, partition int, bucket bigint, first bigint, last bigint, value blob, PRIMARY KEY ((namespace, topic, partition, bucket), first, last))
 WITH default_time_to_live = 216000 AND gc_grace_seconds = 10800 AND read_repair = 'BLOCKING'
 AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS', 'compaction_window_size': 2} AND comment = 'Claims of Tandem'`,
    );
  });
  it("write and read with parameters only", () => {
    expect(insertBlock(SETTINGS)).toMatch(/^INSERT INTO "Cdc"."tandem_claims" \([\w, ]+\) VALUES \(\?(, \?){6}\)$/);
    expect(selectBucket(SETTINGS)).toMatch(
      /^SELECT first, last, value FROM "Cdc"."tandem_claims" WHERE( \w+ = \?( AND)?){4}$/,
    );
  });
  it("quote the names of data centers", () => {
    expect(createKeyspace("cdc", { "o'dc": 3, b: 2 })).toContain(
      `{'class': 'NetworkTopologyStrategy', 'o''dc': 3, 'b': 2}`,
    );
  });
  it("cut every life into 20 to 50 windows, as long as those are minutes at least", () => {
    const SECONDS = { MINUTES: 60, HOURS: 3_600, DAYS: 86_400 };
    // Alike for minutes and years.
    const exponent = fc.double({ min: Math.log(1_800), max: Math.log(630_720_000), noNaN: true });
    fc.assert(
      fc.property(exponent, (x) => {
        const kept = Math.round(Math.exp(x));
        const [, unit, size] = /'(MINUTES|HOURS|DAYS)'.*: (\d+)}$/.exec(compaction(kept)) ?? [];
        const windows = kept / (Number(size) * SECONDS[unit as keyof typeof SECONDS]);
        expect(windows).toBeGreaterThanOrEqual(15);
        expect(windows).toBeLessThanOrEqual(50);
        if (kept > 3_600) expect(windows).toBeGreaterThanOrEqual(20);
      }),
      { numRuns: 1_000 },
    );
    expect(compaction(5)).toContain(`'MINUTES', 'compaction_window_size': 1}`);
  });
});
