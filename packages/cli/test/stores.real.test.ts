import { developmentCluster, type DevelopmentCluster } from "@tandem-cdc/kafka";
import { available, type RedisSingle, startRedis } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tandem, Tandem } from "./command.ts";
import { file, folder, least, put, type Tree } from "./support.ts";

const { ok } = await available(["redis"]);

const CANARY = "canary-5Jx9";
const WRONG = "wrong-5Jx9";
const NOBODY = "127.0.0.1:1";

let kafka: DevelopmentCluster;
let redis: RedisSingle;
beforeAll(async () => {
  kafka = await developmentCluster();
  redis = await startRedis({ settings: { requirepass: CANARY }, cliOptions: ["-a", CANARY, "--no-auth-warning"] });
});
afterAll(async () => {
  await redis?.stop();
  await kafka?.close();
});

function configured(store: Tree, brokers = kafka.bootstrap): string {
  return file(
    least((c) => {
      put(c, ["kafka", "bootstrap.servers"], brokers);
      put(c, ["dedup", "store"], store);
      put(c, ["metrics", "port"], 0);
    }),
    "tandem.json",
  );
}

function redisOf(more: Record<string, Tree | string> = {}): Tree {
  return { type: "redis", url: `redis://${redis.address}`, password: CANARY, ...more };
}

function silent(...texts: readonly string[]): void {
  expect(texts.join("\n")).not.toContain("5Jx9");
}

describe.skipIf(!ok)("tandem run with Redis", () => {
  it("waits for a server that is not up yet, and goes on when it is", async () => {
    await redis.kill();
    const run = new Tandem(["run", "--config", configured(redisOf())]);
    const connecting = run.line("connecting to");
    expect(await run.line("stalled")).toContain("ECONNREFUSED");
    expect(run.stdout).not.toContain("connecting to");
    await redis.restart();
    await connecting;
    run.child.kill("SIGTERM");
    const { code, stderr, stdout } = await run.ended;
    expect([code, stderr]).toEqual([0, ""]);
    silent(stdout);
  });

  it("refuses a wrong password at once, in one line without it, exit 1", async () => {
    const { code, stderr, stdout } = await tandem("run", "--config", configured(redisOf({ password: WRONG })));
    expect(stderr).toMatch(
      /^tandem failed CONFIG_INVALID: Redis 127\.0\.0\.1:\d+: WRONGPASS .*Check the key store's username and password.*\n$/,
    );
    expect(code).toBe(1);
    silent(stdout, stderr);
  });

  it("refuses a server that evicts, exit 1; validate --connect says so too, exit 2", async () => {
    await redis.cli("config", "set", "maxmemory-policy", "allkeys-lru");
    const path = configured(redisOf());
    const run = await tandem("run", "--config", path);
    expect(run.stderr).toMatch(
      /^tandem failed STORE_UNSAFE: .*maxmemory-policy allkeys-lru.*CONFIG SET maxmemory-policy noeviction/,
    );
    expect(run.code).toBe(1);
    const validate = await tandem("validate", "--connect", "--config", path);
    expect(validate.stdout).toMatch(/\nfailed {2}store: redis: .*maxmemory-policy allkeys-lru/);
    expect(validate.code).toBe(2);
    silent(run.stdout, run.stderr, validate.stdout, validate.stderr);
    await redis.cli("config", "set", "maxmemory-policy", "noeviction");
  });
});

describe.skipIf(!ok)("tandem validate --connect", () => {
  it("says that a store answers, and what it is", async () => {
    const { code, stdout } = await tandem("validate", "--connect", "--config", configured(redisOf()));
    expect(stdout).toMatch(/\nok {6}kafka: .*\nok {6}store: redis answers: redis 7.*, master,.* appendonly yes\n$/);
    expect(code).toBe(0);
  });

  it.each(["level", "rocksdb"])("opens the folder of a %s store", async (type) => {
    const { code, stdout } = await tandem("validate", "--connect", "--config", configured({ type, path: folder() }));
    expect(stdout).toMatch(new RegExp(`\\nok {6}store: ${type} answers`));
    expect(code).toBe(0);
  });

  it("says what does not answer and what to do, exit 2, without a secret", async () => {
    const path = configured(redisOf({ url: `redis://me:${CANARY}@${NOBODY}` }), NOBODY);
    const { code, stderr, stdout } = await tandem("validate", "--connect", "--config", path);
    expect(stdout.split("\n").slice(1)).toEqual([
      expect.stringMatching(/^failed {2}kafka: 127\.0\.0\.1:1: .*Start the brokers, or mend kafka\.bootstrap\.servers/),
      expect.stringMatching(/^failed {2}store: redis: Redis 127\.0\.0\.1:1: .*ECONNREFUSED/),
      "",
    ]);
    expect([code, stderr]).toEqual([2, ""]);
    silent(stdout);
  });
});
