import { describe, expect, it } from "vitest";
import { file, least, parse, problems, put, type Tree } from "./support.ts";

function withStore(store: Tree): string {
  return least((c) => put(c, ["dedup", "store"], store));
}

function wrong(store: Tree): string[] {
  return problems(withStore(store));
}

const REDIS: Tree = { type: "redis", url: "redis://127.0.0.1:6379" };
const CASSANDRA: Tree = { type: "cassandra", contactPoints: ["127.0.0.1"], localDataCenter: "dc1", keyspace: "tandem" };
const LEAST: Record<string, Tree> = {
  memory: { type: "memory" },
  level: { type: "level", path: "claims" },
  rocksdb: { type: "rocksdb", path: "claims" },
  redis: REDIS,
  cassandra: CASSANDRA,
};

describe("stores of each type", () => {
  it.each(Object.entries(LEAST))("%s: takes the least, and fills in the defaults", (type, store) => {
    const { config } = parse(withStore(store));
    expect(config.dedup.store).toMatchObject({ ...store, maxClaims: type === "memory" ? 20_000_000 : 5_000_000 });
  });

  it.each<Tree>([
    { type: "memory", rebuild: true, checkpoint: "claims", maxClaims: 1_000 },
    { ...REDIS, keyPrefix: "x:", username: "u", password: "p", tls: true, allowEviction: true, timeoutMs: 100 },
    { type: "redis", nodes: ["127.0.0.1:7000", "[::1]:7001"], tls: { ca: "PEM", servername: "redis" } },
    {
      type: "redis",
      sentinels: ["127.0.0.1:26379"],
      name: "claims",
      sentinelUsername: "u",
      sentinelPassword: "p",
      sentinelTls: { rejectUnauthorized: false },
    },
    {
      ...CASSANDRA,
      table: "claims",
      consistency: "QUORUM",
      credentials: { username: "u", password: "p" },
      tls: { ca: "PEM", cert: "PEM", key: "PEM" },
      createKeyspace: false,
      acceptWeakConsistency: true,
      replication: { dc1: 3 },
      requestTimeoutMs: 100,
      concurrency: 1,
    },
  ])("takes every key as it stands: %j", (store) => {
    expect(parse(withStore(store)).config.dedup.store).toMatchObject(store);
  });

  it("takes numbers, switches and contents of files that a reference stands for, even the type", () => {
    const ca = file("-----BEGIN CERTIFICATE-----\nabc\n", "ca.pem");
    const store = {
      ...REDIS,
      type: "${env:STORE}",
      timeoutMs: "${env:MS}",
      tls: { ca: `\${file:${ca}}`, rejectUnauthorized: "${env:NO}" },
    };
    expect(parse(withStore(store), { STORE: "redis", MS: "250", NO: "false" }).config.dedup.store).toMatchObject({
      timeoutMs: 250,
      tls: { ca: "-----BEGIN CERTIFICATE-----\nabc", rejectUnauthorized: false },
    });
    expect(parse(withStore({ ...REDIS, tls: "${env:TLS:true}" })).config.dedup.store).toMatchObject({ tls: true });
  });
});

describe("what is wrong with a store", () => {
  it.each<[Tree, string[]]>([
    [
      { type: "reddis" },
      ['dedup.store.type: is no store; did you mean "redis"? (a module of your own is named by its path)'],
    ],
    [
      { type: "casandra" },
      ['dedup.store.type: is no store; did you mean "cassandra"? (a module of your own is named by its path)'],
    ],
    [
      { type: "Memory" },
      ['dedup.store.type: is no store; did you mean "memory"? (a module of your own is named by its path)'],
    ],
    [{ ...REDIS, keyPrefx: "x" }, ['dedup.store.keyPrefx: unknown key; did you mean "keyPrefix"?']],
    [
      { ...REDIS, path: "x" },
      [
        expect.stringMatching(
          /^dedup\.store\.path: unknown key; known here: type, url, nodes, sentinels, name, keyPrefix,/,
        ),
      ] as never,
    ],
    [{ ...LEAST["level"], url: "x" }, ["dedup.store.url: unknown key; known here: type, path, maxClaims"]],
    [{ ...REDIS, tls: { sa: "x" } }, ['dedup.store.tls.sa: unknown key; did you mean "ca"?']],
    [{ ...REDIS, tls: "yes" }, ["dedup.store.tls: has to be true or false"]],
    [{ ...REDIS, tls: { ca: 1 } }, ["dedup.store.tls.ca: has to be a text"]],
    [
      { ...CASSANDRA, credentials: { usrname: "x", password: "y" } },
      [
        "dedup.store.credentials.username: is missing. Role to log in with.",
        'dedup.store.credentials.usrname: unknown key; did you mean "username"?',
      ],
    ],
    [
      { ...CASSANDRA, consistency: "LOCAL_QUORM" },
      [
        expect.stringContaining(
          'dedup.store.consistency: has to be one of LOCAL_QUORUM, QUORUM, ALL, LOCAL_ONE, ONE, TWO, THREE; did you mean "LOCAL_QUORUM"?',
        ),
      ] as never,
    ],
    [
      { ...CASSANDRA, keyspace: "my-keys" },
      ["dedup.store.keyspace: has to be a letter, then at most 47 letters, digits and '_'"],
    ],
    [
      { type: "cassandra" },
      [
        "dedup.store.contactPoints: is missing. Some nodes, `host` or `host:port`; the others are found by them.",
        "dedup.store.localDataCenter: is missing. The data center that this process is in, as `nodetool status` calls it.",
        "dedup.store.keyspace: is missing. Keyspace; created when it is not there.",
      ],
    ],
    [
      { type: "level" },
      [expect.stringMatching(/^dedup\.store\.path: is missing\. The store's folder, relative to this file/)] as never,
    ],
    [
      { type: "redis" },
      ["dedup.store: has to name the server by exactly one of url, sentinels, nodes (there is none)"],
    ],
    [
      { ...REDIS, nodes: ["a:1"] },
      ["dedup.store: has to name the server by exactly one of url, sentinels, nodes (there is url, nodes)"],
    ],
    [
      { type: "redis", sentinels: ["a:1"] },
      ["dedup.store.name: is missing: sentinels and name go together, name being what the sentinels call the master"],
    ],
    [{ type: "redis", nodes: ["a"] }, ["dedup.store.nodes[0]: has to be host:port"]],
    [
      { type: "redis", url: "http://127.0.0.1" },
      [expect.stringMatching(/^dedup\.store\.url: has to look like "redis:\/\/host:6379"/)] as never,
    ],
    [{ ...REDIS, keyPrefix: "{a}" }, ["dedup.store.keyPrefix: must not contain braces"]],
    [{ type: "memory", checkpoint: "claims" }, ["dedup.store.checkpoint: goes with rebuild: true only"]],
    [{ type: "memory", rebuild: true, checkpoint: "" }, ["dedup.store.checkpoint: must not be empty"]],
    [{ type: "memory", rebuild: "perhaps" }, ["dedup.store.rebuild: has to be true or false"]],
  ])("%j", (store, messages) => {
    expect(wrong(store)).toEqual(messages);
  });

  it("an unknown key beside a type that is left out, or that a reference stands for", () => {
    expect(wrong({ rebild: true })).toEqual(['dedup.store.rebild: unknown key; did you mean "rebuild"?']);
    expect(problems(withStore({ ...REDIS, type: "${env:STORE}", usrname: "x" }), { STORE: "redis" })).toEqual([
      'dedup.store.usrname: unknown key; did you mean "username"?',
    ]);
  });

  it("is not what a package of somebody else's is called", () => {
    expect(parse(withStore({ type: "@acme/redis", any: 1 })).config.dedup.store).toEqual({
      type: "@acme/redis",
      any: 1,
    });
    expect(wrong({ type: "dynamodb-claims" })).toEqual([]);
  });
});
