import { inspect } from "node:util";
import type { BlockStore } from "@tandem-cdc/core";
import {
  cassandraBlockStore,
  type CassandraBlockStoreOptions,
  cassandraStore,
  type CassandraStoreOptions,
} from "@tandem-cdc/keystore-cassandra";
import { available, type CassandraCluster, startCassandra } from "@tandem-cdc/testbed";
import { blockStoreConformance, keyStoreConformance, packedMaker, type StoreMaker } from "@tandem-cdc/testkit";
import cassandra from "cassandra-driver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { block, claim, HOUR_MS, LANE, loaded, patiently, SIGNAL, Workload } from "./claims.ts";

const { ok } = await available(["cassandra"]);
let cluster: CassandraCluster;
/** A superuser's: makes roles, looks into tables, and is handed over. */
let client: cassandra.Client;
const cql = (query: string): Promise<cassandra.types.ResultSet> => client.execute(query, [], { readTimeout: 60_000 });

function clientOptions(): cassandra.ClientOptions {
  const { contactPoints, credentials, localDataCenter, nodes } = cluster;
  const protocolOptions = { port: nodes[0]?.port ?? 0 };
  return { contactPoints: [...contactPoints], protocolOptions, credentials, localDataCenter };
}

type Override = Readonly<Record<string, unknown>>;
const options = (over: Override = {}): CassandraStoreOptions & CassandraBlockStoreOptions => ({
  contactPoints: cluster.contactPoints,
  localDataCenter: cluster.localDataCenter,
  credentials: cluster.credentials,
  namespace: "orders",
  horizonMs: HOUR_MS,
  keyspace: "tandem",
  ...over,
});

/** A role with these rights on the claims. Nodes remember rights for two seconds: give them before it is used. */
async function role(username: string, ...rights: string[]): Promise<{ username: string; password: string }> {
  await cql(`CREATE ROLE ${username} WITH PASSWORD = 's3cret' AND LOGIN = true`);
  for (const right of rights) await cql(`GRANT ${right} ON TABLE tandem.tandem_claims TO ${username}`);
  return { username, password: "s3cret" };
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|TLS/.test(kind)).length;
}

/** Stores over the superuser's client; a table holds claims of one horizon. */
const maker: StoreMaker<BlockStore> = {
  manifest: {
    name: "Cassandra, three nodes",
    survives: { restart: true, processCrash: true, powerCut: true, machineLoss: true, nodeDown: true },
    clients: "shared",
    expiry: "server",
  },
  open: (namespace, { horizonMs }) =>
    cassandraBlockStore({ client, namespace, horizonMs, keyspace: "tandem", table: `claims_of_${horizonMs}` }),
};

describe.skipIf(!ok)("Cassandra", () => {
  beforeAll(async () => {
    cluster = await startCassandra({ nodes: 3 });
    await (await cassandraStore(options())).close();
    client = new cassandra.Client(clientOptions());
    await client.connect();
  });
  afterAll(async () => {
    await client.shutdown();
    await cluster.stop();
  });

  describe("as a block store", () => {
    for (const { name, run } of blockStoreConformance(maker)) it(name, run);
  });
  describe("as a key store", () => {
    for (const { name, run } of keyStoreConformance(packedMaker(maker))) it(name, run);
  });

  it("creates what is not there, three times replicated, and writes once what is appended twice, for longer", async () => {
    const store = await cassandraBlockStore(options({ namespace: "twice" }));
    const [{ replication }] = (
      await cql("SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = 'tandem'")
    ).rows as unknown as [{ replication: object }];
    expect(replication).toMatchObject({ datacenter1: "3" });
    const written = async (): Promise<number> => {
      const { rows } = await cql(
        `SELECT ttl(value) AS life, writetime(value) AS at FROM tandem.tandem_claims WHERE namespace = 'twice' AND topic = '${LANE.topic}' AND partition = 0 AND bucket = 7`,
      );
      expect(rows).toHaveLength(1);
      expect(rows[0]?.["life"]).toBeGreaterThan(4_400);
      expect(rows[0]?.["life"]).toBeLessThanOrEqual(4_500);
      return Number(rows[0]?.["at"]);
    };
    await store.append(LANE, [block(7, 10)], SIGNAL);
    const first = await written();
    await store.append(LANE, [block(7, 10)], SIGNAL);
    expect(await written()).toBeGreaterThan(first);
    expect(await loaded(store, 7)).toEqual(["10-11x40"]);
    await store.close();
  });

  it("loads a bucket of many large blocks in pages", async () => {
    const store = await cassandraBlockStore(options({ namespace: "large" }));
    const blocks = Array.from({ length: 200 }, (_, i) => block(-5, i * 2, 64 * 1024));
    await store.append(LANE, blocks, SIGNAL);
    expect(await loaded(store, -5)).toEqual(blocks.map(({ first, last }) => `${first}-${last}x65536`).sort());
    await store.close();
  });

  const refused: readonly [string, () => Override, string, RegExp][] = [
    ["a data center that is not there", () => ({ localDataCenter: "dc9" }), "CONFIG_INVALID", /datacenter1/],
    ["no data center", () => ({ localDataCenter: undefined }), "CONFIG_INVALID", /datacenter1/],
    [
      "a wrong password",
      () => ({ credentials: { username: "cassandra", password: "s3cret-and-wrong" } }),
      "CONFIG_INVALID",
      /Check the store's credentials/,
    ],
    ["no password", () => ({ credentials: undefined }), "CONFIG_INVALID", /Check the store's credentials/],
    [
      "more replicas than nodes",
      () => ({ keyspace: "wide", replication: { datacenter1: 5 } }),
      "CONFIG_INVALID",
      /has 3 node/,
    ],
    ["a certificate of nobody known", () => ({ tls: true }), "CONFIG_INVALID", /tls\.ca/],
    [
      "a certificate of another name",
      () => ({
        tls: {
          ca: cluster.certificate,
          checkServerIdentity: () => Object.assign(new Error("another"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" }),
        },
      }),
      "CONFIG_INVALID",
      /another/,
    ],
    ["nodes that are not there", () => ({ contactPoints: ["127.0.0.1:1"] }), "STORE_UNAVAILABLE", /ECONNREFUSED/],
  ];
  it.each(refused)(
    "%s is refused, clearly, without secrets, and nothing stays open",
    async (_, over, code, message) => {
      const before = sockets();
      const error: unknown = await cassandraStore(options(over())).catch((error: unknown) => error);
      expect(error).toMatchObject({
        code,
        message: expect.stringMatching(message),
        retriable: code === "STORE_UNAVAILABLE",
      });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("s3cret");
      await expect.poll(sockets).toBeLessThanOrEqual(before);
    },
  );

  it("refuses a table with another life, and takes it when the advice was followed", async () => {
    await (await cassandraStore(options({ table: "aged" }))).close();
    const longer = options({ table: "aged", horizonMs: 2 * HOUR_MS });
    const error: unknown = await cassandraStore(longer).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "STORE_UNSAFE" });
    const [, advice = ""] = /Run: (ALTER TABLE .*)$/.exec((error as Error).message) ?? [];
    await cql(advice);
    await (await cassandraStore(longer)).close();
    await cql("CREATE TABLE tandem.strange (namespace text PRIMARY KEY, value blob) WITH default_time_to_live = 4500");
    await expect(cassandraStore(options({ table: "strange" }))).rejects.toThrow(/not one of ours/);
  });

  it("needs no more than SELECT and MODIFY on its table, and says which of them is missing", async () => {
    const reader = cassandraStore(options({ credentials: await role("reader", "SELECT") }));
    await expect(reader).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(/MODIFY/) });
    const credentials = await role("writer", "SELECT", "MODIFY");
    const other = cassandraStore(options({ credentials, table: "other" }));
    await expect(other).rejects.toThrow(/no CREATE permission.*CREATE TABLE IF NOT EXISTS "tandem"."other"/s);
    const store = await cassandraStore(options({ credentials, createKeyspace: false }));
    expect(await claim(store, [1, 2], 10)).toEqual([10, 11]);
    await store.close();
  });

  it("speaks TLS to a server whose certificate it was given", async () => {
    const store = await cassandraStore(options({ namespace: "tls", tls: { ca: cluster.certificate } }));
    expect(await claim(store, [1, 2], 10)).toEqual([10, 11]);
    expect(await store.health()).toMatchObject({ ok: true });
    await store.close();
  });

  it("works with a client whose longs are BigInts, and leaves it open", async () => {
    const other = new cassandra.Client({ ...clientOptions(), encoding: { useBigIntAsLong: true } });
    const store = await cassandraBlockStore(options({ client: other, namespace: "bigints", contactPoints: undefined }));
    await store.append(LANE, [block(-5, 2 ** 52)], SIGNAL);
    expect(await loaded(store, -5)).toEqual([`${2 ** 52}-${2 ** 52 + 1}x40`]);
    await store.close();
    expect((await other.execute("SELECT key FROM system.local")).rows).toHaveLength(1);
    await other.shutdown();
  });

  it("works alone, without replicas", async () => {
    const store = await cassandraStore(options({ keyspace: "alone", replication: { datacenter1: 1 } }));
    expect(await claim(store, [1, 2], 10)).toEqual([10, 11]);
    await store.close();
  });

  it("goes on without an error when one of three nodes is killed, stops when two are gone, and goes on when they are back", async () => {
    const [one, two, three] = cluster.nodes as [
      CassandraCluster["nodes"][0],
      CassandraCluster["nodes"][0],
      CassandraCluster["nodes"][0],
    ];
    // Few claims in memory: buckets are loaded again and again, so reads are under test as well.
    const credentials = await role("runner", "SELECT", "MODIFY");
    const small = options({ namespace: "crash", maxClaims: 300, credentials });
    const store = await cassandraStore(small);
    const log = new Workload();
    for (let i = 0; i < 50; i++) await log.step(store);
    let killed: Promise<void> | undefined;
    for (let i = 0; i < 250; i++) {
      if (i === 5) killed = three.kill("SIGKILL");
      await log.step(store);
    }
    await killed;

    await two.kill("SIGSTOP");
    for (let i = 0; i < 2; i++)
      await expect(log.step(store)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retriable: true });
    expect(await store.health()).toMatchObject({ ok: false });
    await expect(cassandraStore(small)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", retriable: true });

    const back = three.restart();
    await two.kill("SIGCONT");
    await patiently(() => log.step(store));
    for (let i = 0; i < 50; i++) await patiently(() => log.step(store));
    await back;

    // The node that has seen everything goes; the one that was away answers for what it missed together with the other.
    await one.kill("SIGKILL");
    const successor = await patiently(() => cassandraStore(small));
    expect(await log.verify(successor)).toBe(351 * 60);
    await Promise.all([store.close(), successor.close()]);
  });
});
