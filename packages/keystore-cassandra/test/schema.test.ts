import cassandra from "cassandra-driver";
import { beforeEach, describe, expect, it } from "vitest";
import { cassandraBlockStore, type CassandraBlockStoreOptions } from "../src/index.ts";
import { FakeClient, fakeOptions } from "./fake-client.ts";

let client: FakeClient;
beforeEach(() => {
  client = new FakeClient();
});
const open = (options: Partial<CassandraBlockStoreOptions> = {}): Promise<unknown> =>
  cassandraBlockStore({ ...fakeOptions(client), ...options } as CassandraBlockStoreOptions);
const made = (): string[] => client.sent.map(({ query }) => query).filter((query) => query.startsWith("CREATE"));

describe("opening", () => {
  it("takes a keyspace and a table as they should be, and changes nothing", async () => {
    await open();
    expect(made()).toEqual([]);
  });
  it("takes two round trips then: everything that is asked at once, then a write and a read", async () => {
    let trips = 0;
    const waiting: (() => void)[] = [];
    client.before = (query) => {
      if (query === "connect") return Promise.resolve();
      // Who asks within the same turn asks at once.
      if (waiting.length === 0)
        setTimeout(() => {
          trips++;
          for (const answer of waiting.splice(0)) answer();
        }, 20);
      return new Promise((answer) => waiting.push(answer));
    };
    await open();
    expect([trips, client.sent.length]).toEqual([2, 5]);
    expect(client.sent.filter(({ options }) => options.prepare === true).map(({ query }) => query)).toEqual([
      expect.stringMatching(/^INSERT/),
      expect.stringMatching(/^SELECT/),
    ]);
  });
  it("makes both where they are not there, with the replication that is asked for", async () => {
    client.keyspace = undefined;
    client.table = undefined;
    await open({ replication: { dc1: 3 } });
    expect(made()).toEqual([
      `CREATE KEYSPACE IF NOT EXISTS "cdc" WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 3}`,
      expect.stringContaining("default_time_to_live = 4500"),
    ]);
  });
  it("makes no keyspace when told not to, and says what somebody else may run", async () => {
    client.keyspace = undefined;
    await expect(open({ replication: { dc1: 3 }, createKeyspace: false })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/CREATE KEYSPACE IF NOT EXISTS "cdc" WITH .*'dc1': 3/),
    });
    expect(made()).toEqual([]);
  });
  it("asks for the replication where nothing tells it", async () => {
    client.keyspace = undefined;
    await expect(open()).rejects.toThrow(/replication is missing/);
  });
  it("makes no keyspace with more replicas than nodes", async () => {
    client.keyspace = undefined;
    client.nodes = 1;
    await expect(open({ replication: { dc1: 3 } })).rejects.toThrow(
      /3 replicas in dc1, which has 1 node.*\{ dc1: 1 \}/,
    );
    await expect(open({ replication: { other: 1 } })).rejects.toThrow(/found: \{ dc1: 1 \}/);
    expect(made()).toEqual([]);
  });
  it("says what somebody else has to run where the role may create nothing", async () => {
    client.table = undefined;
    client.before = async (query) => {
      if (query.startsWith("CREATE"))
        throw new cassandra.errors.ResponseError(0x2100, "User x has no CREATE permission");
    };
    await expect(open()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/no CREATE permission.*CREATE TABLE IF NOT EXISTS "cdc"/),
    });
  });
});

const WRONG: readonly [string, (server: FakeClient) => void, RegExp][] = [
  [
    "a table that forgets sooner",
    (s) => (s.table = { ...s.table, default_time_to_live: 60 }),
    /for 60 s.*ALTER TABLE "cdc"."tandem_claims" WITH default_time_to_live = 4500/,
  ],
  ["a table that forgets later", (s) => (s.table = { ...s.table, default_time_to_live: 9_000 }), /for 9000 s/],
  [
    "a table that never forgets",
    (s) => (s.table = { ...s.table, default_time_to_live: 0 }),
    /an unlimited number of s.*ALTER TABLE/,
  ],
  [
    "a table whose reads may go back",
    (s) => (s.table = { ...s.table, read_repair: "NONE" }),
    /ALTER TABLE .* WITH read_repair = 'BLOCKING'/,
  ],
  ["a table with another key", (s) => s.columns.pop(), /not one of ours/],
  ["a table with another type", (s) => (s.columns = s.columns.map((c) => ({ ...c, type: "text" }))), /not one of ours/],
  [
    "a keyspace without a commit log",
    (s) => (s.keyspace = { ...s.keyspace, durable_writes: false }),
    /ALTER KEYSPACE "cdc" WITH durable_writes = true/,
  ],
];
describe("opening refuses", () => {
  it.each(WRONG)("%s", async (_, change, message) => {
    change(client);
    await expect(open()).rejects.toMatchObject({
      code: "STORE_UNSAFE",
      retriable: false,
      message: expect.stringMatching(message),
    });
    expect(client.rows.size).toBe(0);
  });
  it("a keyspace with other replicas than asked for, with the statement", async () => {
    await expect(open({ replication: { dc1: 3, dc2: 2 } })).rejects.toThrow(
      /as NetworkTopologyStrategy \{ dc1: 3 \}.*ALTER KEYSPACE "cdc" .*'dc2': 2/,
    );
    client.keyspace = {
      durable_writes: true,
      replication: { class: "o.a.c.locator.SimpleStrategy", replication_factor: "3" },
    };
    await expect(open({ replication: { dc1: 3 } })).rejects.toThrow(/SimpleStrategy/);
    await open();
  });
});
