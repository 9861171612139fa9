import { describe, expect, it } from "vitest";
import { type CassandraBlockStoreOptions, cassandraStore } from "../src/index.ts";
import { settingsOf } from "../src/options.ts";

const GOOD: CassandraBlockStoreOptions = {
  contactPoints: ["127.0.0.1"],
  localDataCenter: "dc1",
  namespace: "orders",
  horizonMs: 172_800_000,
  keyspace: "cdc",
};

describe("the options", () => {
  it("have defaults: a quorum of the own data center, the horizon and a quarter", () => {
    expect(settingsOf(GOOD)).toMatchObject({
      table: "tandem_claims",
      keptSeconds: 216_000,
      consistency: "LOCAL_QUORUM",
      createKeyspace: true,
    });
    expect(settingsOf({ ...GOOD, horizonMs: 1 }).keptSeconds).toBe(1);
  });

  const wrong: readonly [string, object, RegExp][] = [
    ["a keyspace that is CQL", { keyspace: 'cdc" WITH x = 1; --' }, /keyspace has to be a letter/],
    ["a keyspace that is missing", { keyspace: undefined }, /keyspace has to be a letter/],
    ["a table that is CQL", { table: 'a" (x int); DROP TABLE "b' }, /table has to be a letter/],
    ["a table with a line end", { table: "claims\n" }, /table has to be a letter/],
    ["no namespace", { namespace: "" }, /namespace/],
    ["no horizon", { horizonMs: 0 }, /horizonMs/],
    ["half a millisecond", { horizonMs: 0.5 }, /horizonMs/],
    ["a horizon beyond Cassandra's longest life", { horizonMs: 20 * 365 * 86_400_000 }, /sixteen years/],
    ["no nodes", { contactPoints: [] }, /contactPoints/],
    ["half of the credentials", { credentials: { username: "tandem" } }, /username and password/],
    ["no replicas", { replication: { dc1: 0 } }, /replication of dc1/],
    ["replication that is CQL", { replication: { dc1: "3}; --" } }, /replication of dc1/],
    ["a consistency that is none", { consistency: "toString" }, /none of LOCAL_QUORUM/],
    ["no concurrency", { concurrency: 0 }, /concurrency/],
    ["no patience", { requestTimeoutMs: -1 }, /requestTimeoutMs/],
  ];
  it.each(wrong)("%s is refused", async (_, options, message) => {
    const bad = { ...GOOD, ...options } as CassandraBlockStoreOptions;
    expect(() => settingsOf(bad)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", retriable: false }));
    await expect(cassandraStore(bad)).rejects.toThrow(message);
  });

  it.each(["ONE", "LOCAL_ONE", "TWO", "THREE"] as const)(
    "%s, weaker than a quorum, is refused unless told",
    (consistency) => {
      expect(() => settingsOf({ ...GOOD, consistency })).toThrow(expect.objectContaining({ code: "STORE_UNSAFE" }));
      expect(settingsOf({ ...GOOD, consistency, acceptWeakConsistency: true }).consistency).toBe(consistency);
    },
  );
});
