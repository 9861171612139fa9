import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { openReader, openWriter } from "@tandem-cdc/kafka";
import {
  available,
  type CassandraCluster,
  type Certificates,
  certificates,
  type KafkaCluster,
  type RedisSingle,
  type RegistryServer,
  startCassandra,
  startKafka,
  startRedis,
  startRegistry,
} from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, Tandem } from "./command.ts";
import { file, least, put, type Tree } from "./support.ts";

const { ok } = await available(["kafka", "redis", "cassandra", "registry"]);

/** In every password and token here, right or wrong: nothing that is printed or served may hold it. */
const CANARY = "5Jx9";
const RIGHT = `right-${CANARY}`;
const WRONG = `wrong-${CANARY}`;
const TOPIC = "cdc.shop.orders";
/** A broker that hangs up is tried again: it may be restarting. */
const NOTICED_MS = 40_000;

let ours: Certificates;
let others: Certificates;
let kafka: KafkaCluster;
let redis: RedisSingle;
let cassandra: CassandraCluster;
let registry: RegistryServer;
let proxy: Server;
/** Everything that was printed or served. */
const printed: string[] = [];

beforeAll(async () => {
  if (!ok) return;
  [ours, others] = await Promise.all([certificates(), certificates()]);
  const { caFile, certFile, keyFile } = ours;
  const tls = { "tls-cert-file": certFile, "tls-key-file": keyFile, "tls-ca-cert-file": caFile };
  const user = { username: "tandem", password: RIGHT, token: RIGHT };
  [kafka, redis, cassandra, registry] = await Promise.all([
    startKafka({ secure: { pemFile: ours.pemFile, users: { tandem: RIGHT }, clientCaFile: ours.caFile } }),
    startRedis({
      settings: { ...tls, "tls-auth-clients": "no", requirepass: RIGHT },
      cliOptions: ["-a", RIGHT, "--no-auth-warning"],
    }),
    startCassandra({ tlsOnly: true }),
    startRegistry({ user }),
  ]);
  proxy = await behindTls(registry.guardedUrl ?? "");
  await Promise.all([...documented("kafka-acls").map(allow), kafka.createTopic(TOPIC)]);
});
afterAll(async () => {
  proxy?.closeAllConnections();
  proxy?.close();
  await Promise.all([kafka?.stop(), redis?.stop(), cassandra?.stop(), registry?.stop()]);
  await Promise.all([ours?.remove(), others?.remove()]);
});

/** What encrypts for a server that does not. */
async function behindTls(url: string): Promise<Server> {
  const { hostname: host, port } = new URL(url);
  const options = { key: readFileSync(ours.keyFile), cert: readFileSync(ours.certFile) };
  const server = createServer(options, ({ headers, method, url: path }, answer) => {
    request({ host, port, path, method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Commands of docs/security.md, as lists of arguments. */
function documented(command: string): string[][] {
  const page = readFileSync(new URL("../../../docs/security.md", import.meta.url), "utf8");
  const lines = page.split("\n").filter((line) => line.startsWith(`${command} `));
  return lines.map((line) => line.split(" ").slice(1));
}

const allow = (args: readonly string[]): Promise<unknown> => {
  const given = args.filter((arg, i) => arg !== "--bootstrap-server" && args[i - 1] !== "--bootstrap-server");
  return kafka.tool("org.apache.kafka.tools.AclCommand", given);
};

interface Wrong {
  readonly password?: string;
  readonly ca?: string;
  readonly plain?: true;
  /** TLS to a port that speaks none. */
  readonly cleartext?: true;
}

function kafkaOf({ ca = ours.ca, cleartext, password = RIGHT, plain }: Wrong = {}): Tree {
  const servers = cleartext === true ? kafka.bootstrap : (kafka.secureBootstrap ?? "");
  if (plain === true) return { "bootstrap.servers": servers };
  const login = { "sasl.mechanisms": "SCRAM-SHA-512", "sasl.username": "tandem", "sasl.password": password };
  return { "bootstrap.servers": servers, "security.protocol": "sasl_ssl", "ssl.ca.pem": ca, ...login };
}

/** Who is known by a certificate needs no password. */
function byCertificate(client: Certificates["client"] | undefined): Tree {
  const own = client === undefined ? {} : { "ssl.certificate.pem": client.cert, "ssl.key.pem": client.key };
  const servers = { "bootstrap.servers": kafka.mutualBootstrap ?? "" };
  return { ...servers, "security.protocol": "ssl", "ssl.ca.pem": ours.ca, ...own };
}

function redisOf({ ca = ours.ca, password = RIGHT, plain }: Wrong = {}): Tree {
  const at = { type: "redis", url: `redis://${redis.address}`, password };
  return plain === true ? at : { ...at, tls: { ca } };
}

function cassandraOf({ ca = cassandra.certificate ?? "", password, plain }: Wrong = {}): Tree {
  const { credentials, contactPoints, localDataCenter } = cassandra;
  return {
    type: "cassandra",
    contactPoints,
    localDataCenter,
    keyspace: "secure",
    replication: { [localDataCenter]: 1 },
    credentials: { ...credentials, ...(password === undefined ? {} : { password }) },
    ...(plain === true ? {} : { tls: { ca } }),
  };
}

function registryOf({ ca = ours.ca, password = RIGHT, plain }: Wrong = {}): Tree {
  const at = `127.0.0.1:${(proxy.address() as AddressInfo).port}/apis/ccompat/v7`;
  const login = { username: "tandem", password };
  return plain === true ? { url: `http://${at}`, ...login } : { url: `https://${at}`, ...login, tls: { ca } };
}

type Parts = { readonly kafka?: Tree; readonly store?: Tree; readonly registry?: Tree };

function configured(parts: Parts): string {
  return file(
    least((c) => {
      put(c, ["kafka"], parts.kafka ?? kafkaOf());
      put(c, ["input"], { topics: [TOPIC], format: "auto", registry: parts.registry ?? registryOf() });
      put(c, ["dedup", "store"], parts.store ?? redisOf());
      put(c, ["dedup", "identity"], { use: "content" });
      put(c, ["metrics", "port"], 0);
    }),
    "tandem.json",
  );
}

const remembered = (ended: Ended): Ended => {
  printed.push(ended.stdout, ended.stderr);
  return ended;
};

async function validated(parts: Parts): Promise<Ended> {
  const path = configured(parts);
  return remembered(await new Tandem(["validate", "--connect", "--config", path], { TANDEM_DEBUG: "1" }).ended);
}

/** One that ends by itself. */
const refused = async (parts: Parts): Promise<Ended> =>
  remembered(await new Tandem(["run", "--config", configured(parts)], { TANDEM_DEBUG: "1" }).ended);

describe.skipIf(!ok)("encrypted and with a login everywhere", () => {
  it("every server answers, by Redis and by Cassandra", async () => {
    const [withRedis, withCassandra] = await Promise.all([validated({}), validated({ store: cassandraOf() })]);
    for (const { code, stdout } of [withRedis, withCassandra]) {
      expect(stdout).toMatch(/\nok {6}kafka: .*\nok {6}registry: .*\nok {6}store: /);
      expect(code).toBe(0);
    }
  });

  it("changes go through with the rights that docs/security.md grants, and metrics hold no secret", async () => {
    const run = new Tandem(["run", "--config", configured({})]);
    const { msg } = JSON.parse(await run.line("/metrics")) as { msg: string };
    const writer = await openWriter({ "bootstrap.servers": kafka.bootstrap });
    const record = (value: string) => ({
      topic: TOPIC,
      partition: 0,
      key: Buffer.from("k"),
      value: Buffer.from(value),
    });
    for (const value of ['{"n":1}', '{"n":2}', '{"n":1}', '{"n":3}']) await writer.write(record(value));
    await writer.flush();
    await writer.close();
    await kafka.createTopic(`dedup.${TOPIC}`).catch(() => undefined);
    const reader = await openReader({ "bootstrap.servers": kafka.bootstrap }, `dedup.${TOPIC}`);
    const out: string[] = [];
    while (out.length < 3) for (const { value } of await reader.read()) out.push(Buffer.from(value ?? []).toString());
    await reader.close();
    expect(out).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
    const url = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(msg)?.[0] ?? "";
    printed.push(await (await fetch(url)).text());
    run.child.kill("SIGTERM");
    expect(remembered(await run.ended)).toMatchObject({ code: 0, stderr: "" });
    // A second life reads the lane's state, which takes rights too.
    const again = new Tandem(["run", "--config", configured({})]);
    await again.line('"event":"assigned"');
    again.child.kill("SIGTERM");
    expect(remembered(await again.ended)).toMatchObject({ code: 0, stderr: "" });
  });

  it("the doctor finds those rights enough but for the topic of late changes, which the page leaves to its reader", async () => {
    const { stdout } = remembered(await new Tandem(["doctor", "--json", "--config", configured({})]).ended);
    const found = JSON.parse(stdout) as { id: string; status: string; message: string }[];
    const of = (id: string) => found.filter((each) => each.id === id);
    expect(of("kafka.rights")).toMatchObject([
      { status: "failure", message: "this user lacks Write and Create on orders.late" },
    ]);
    // Settings of the brokers are not among them.
    expect(of("kafka.transaction-timeout")).toMatchObject([{ status: "skipped" }]);
    for (const id of ["kafka.reachable", "kafka.brokers", "kafka.version", "registry.reachable", "store.reachable"])
      expect(of(id)).toMatchObject([{ id, status: "ok" }]);
    expect(of("kafka.clock")).toMatchObject([{ status: "ok" }]);
  });
});

describe.skipIf(!ok)("a wrong password, an unknown certificate, plain text where TLS is spoken", () => {
  it("are told by validate --connect, a line a server with what to mend, exit 2", async () => {
    const of = (wrong: Wrong): Parts => ({ kafka: kafkaOf(wrong), store: redisOf(wrong), registry: registryOf(wrong) });
    const [password, certificate, plain, cleartext] = await Promise.all([
      validated(of({ password: WRONG })),
      validated(of({ ca: others.ca })),
      validated(of({ plain: true })),
      validated({ kafka: kafkaOf({ cleartext: true }) }),
    ]);
    expect(password.stdout).toMatch(/\nfailed {2}kafka: .*SASL authentication error.*mend sasl\.username/);
    expect(password.stdout).toMatch(/\nfailed {2}registry: .*401.*mend user and password/);
    expect(password.stdout).toMatch(
      /\nfailed {2}store: redis: .*WRONGPASS.*Check the key store's username and password/,
    );
    expect(certificate.stdout).toMatch(/\nfailed {2}kafka: .*certificate verify failed.*mend ssl\.ca\.location/);
    expect(certificate.stdout).toMatch(/\nfailed {2}registry: .*mend `tls`/);
    expect(certificate.stdout).toMatch(/\nfailed {2}store: redis: .*Check tls: ca has to hold the authority/);
    expect(plain.stdout).toMatch(/\nfailed {2}kafka: .*wants TLS.*mend security\.protocol/);
    expect(plain.stdout).toMatch(/\nfailed {2}registry: .*begin the url with https/);
    expect(plain.stdout).toMatch(/\nfailed {2}store: redis: .*wants TLS.*set tls/);
    expect(cleartext.stdout).toMatch(/\nfailed {2}kafka: .*no TLS is spoken.*mend security\.protocol/);
    expect([password, certificate, plain, cleartext].map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  });

  it("of Cassandra too", async () => {
    const [password, certificate, plain] = await Promise.all([
      validated({ store: cassandraOf({ password: WRONG }) }),
      validated({ store: cassandraOf({ ca: others.ca }) }),
      validated({ store: cassandraOf({ plain: true }) }),
    ]);
    expect(password.stdout).toMatch(/\nfailed {2}store: .*Check the store's credentials/);
    expect(certificate.stdout).toMatch(/\nfailed {2}store: .*certificate authority as tls\.ca/);
    expect(plain.stdout).toMatch(/\nfailed {2}store: .*wants TLS: set tls/);
    expect([password.code, certificate.code, plain.code]).toEqual([2, 2, 2]);
  });

  it("of brokers that know their clients by certificates: none, and one of an unknown authority", async () => {
    const [known, none, unknown] = await Promise.all([
      validated({ kafka: byCertificate(ours.client) }),
      validated({ kafka: byCertificate(undefined) }),
      validated({ kafka: byCertificate(others.client) }),
    ]);
    expect(known.stdout).toMatch(/\nok {6}kafka: /);
    expect(none.stdout).toMatch(/\nfailed {2}kafka: .*asks for a certificate.*ssl\.certificate\.location/);
    expect(unknown.stdout).toMatch(/\nfailed {2}kafka: .*certificate.*ssl\.certificate\.location/);
    expect([known.code, none.code, unknown.code]).toEqual([0, 2, 2]);
  });

  it("end tandem run at once, exit 1", async () => {
    const runs = await Promise.all([
      refused({ kafka: kafkaOf({ password: WRONG }) }),
      refused({ kafka: kafkaOf({ ca: others.ca }) }),
      refused({ store: redisOf({ password: WRONG }) }),
      refused({ store: redisOf({ ca: others.ca }) }),
      refused({ store: cassandraOf({ password: WRONG }) }),
      refused({ store: cassandraOf({ ca: others.ca }) }),
    ]);
    const advice = [/mend sasl/, /mend ssl\.ca/, /username and password/, /Check tls/, /credentials/, /tls\.ca/];
    for (const [i, { code, stderr }] of runs.entries()) {
      expect(stderr).toMatch(/^tandem failed (TRANSPORT_FAILED|CONFIG_INVALID): /);
      expect(stderr).toMatch(advice[i] ?? /never/);
      expect(code).toBe(1);
    }
  });

  it(
    "a broker that hangs up is named with what may be wrong, and tried again until SIGTERM",
    async () => {
      const run = new Tandem(["run", "--config", configured({ kafka: kafkaOf({ plain: true }) })]);
      expect(await run.line("trying again")).toMatch(/wants TLS does: mend security\.protocol/);
      run.child.kill("SIGTERM");
      expect(remembered(await run.ended).code).toBe(0);
    },
    NOTICED_MS,
  );
});

it.skipIf(!ok)("no secret was printed or served, not even with stacks", () => {
  expect(printed.length).toBeGreaterThan(20);
  expect(printed.join("\n")).toContain("tandem_lanes");
  const [, key = ""] = ours.client.key.split("\n");
  expect(key.length).toBeGreaterThan(40);
  for (const text of printed) for (const secret of [CANARY, key]) expect(text).not.toContain(secret);
});
