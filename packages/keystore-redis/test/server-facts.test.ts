import { describe, expect, it } from "vitest";
import { clusterStateIn, dangerOf, detailOf, factsOf, warningsOf } from "../src/server-facts.ts";

const INFO = (lines: Record<string, string> = {}): string =>
  Object.entries({
    redis_version: "7.0.15",
    role: "master",
    maxmemory_policy: "noeviction",
    used_memory: "1200000",
    maxmemory: "0",
    aof_enabled: "1",
    ...lines,
  })
    .map(([key, value]) => `${key}:${value}`)
    .join("\r\n");

describe("a server", () => {
  it("of Redis 7, or Valkey, without eviction is safe", () => {
    expect(dangerOf(factsOf(INFO()), false)).toBeUndefined();
    expect(dangerOf(factsOf(INFO({ redis_version: "10.1.0" })), false)).toBeUndefined();
    const valkey = factsOf(INFO({ redis_version: "7.2.4", valkey_version: "8.1.0" }));
    expect(dangerOf(valkey, false)).toBeUndefined();
    expect(detailOf(valkey)).toBe("valkey 8.1.0, master, 1.2 MB used, appendonly yes");
  });

  it.each([
    ["too old", { redis_version: "6.2.14" }, /6\.2\.14 is too old: use Redis 7/],
    ["of no version", { redis_version: "" }, /too old/],
    ["that evicts anything", { maxmemory_policy: "allkeys-lru" }, /allkeys-lru.*noeviction/],
    ["that evicts what expires", { maxmemory_policy: "volatile-ttl" }, /volatile-ttl/],
  ])("%s is refused", (_, lines, message) => {
    expect(dangerOf(factsOf(INFO(lines)), false)).toMatchObject({
      code: "STORE_UNSAFE",
      retriable: false,
      message: expect.stringMatching(message),
    });
  });

  it("that does not tell its policy is refused, and taken when eviction is allowed", () => {
    const facts = factsOf("redis_version:7.0.0\r\nrole:master\r\n");
    expect(dangerOf(facts, false)).toMatchObject({
      code: "STORE_UNSAFE",
      message: expect.stringMatching(/\+info or \+config\|get.*allowEviction/),
    });
    expect(dangerOf(facts, true)).toBeUndefined();
  });

  it("that is too old or a replica is refused even so", () => {
    expect(dangerOf(factsOf(INFO({ redis_version: "5.0.0" })), true)).toMatchObject({ code: "STORE_UNSAFE" });
    expect(dangerOf(factsOf(INFO({ role: "slave" })), true)).toMatchObject({
      code: "STORE_UNAVAILABLE",
      retriable: true,
    });
  });

  it("that keeps less than it could is warned of, with the command that mends it", () => {
    const of = (lines: Record<string, string>, clusterState?: string): string[] =>
      warningsOf({ ...factsOf(INFO(lines)), clusterState }).map(({ fix, message }) => `${message}: ${fix}`);
    expect(of({})).toEqual([]);
    expect(of({ aof_enabled: "0" })).toEqual([expect.stringMatching(/forgets claims: .*CONFIG SET appendonly yes/)]);
    expect(of({ aof_last_write_status: "err" })).toEqual([expect.stringContaining("cannot write")]);
    expect(of({ maxmemory_policy: "allkeys-lru" })).toEqual([expect.stringMatching(/allkeys-lru.*noeviction/)]);
    expect(of({}, clusterStateIn("cluster_enabled:1\r\ncluster_state:fail\r\n"))).toEqual([
      expect.stringMatching(/fail.*--cluster fix/),
    ]);
    expect(of({}, clusterStateIn("cluster_state:ok"))).toEqual([]);
  });

  it("without an append-only file says what a restart costs", () => {
    expect(detailOf(factsOf(INFO({ aof_enabled: "0", maxmemory: "5000000" })))).toBe(
      "redis 7.0.15, master, 1.2 of 5.0 MB used, appendonly no (a restart of the server forgets claims)",
    );
  });
});
