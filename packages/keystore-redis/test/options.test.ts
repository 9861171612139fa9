import { inspect } from "node:util";
import { redisBlockStore, type RedisBlockStoreOptions } from "@tandem-cdc/keystore-redis";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { Connection } from "../src/connection.ts";

const OPTIONS = { namespace: "shop", horizonMs: 1_000 };
const URL = "redis://127.0.0.1:1";

describe("options that cannot be meant are refused before anything is connected", () => {
  it.each<[string, Partial<RedisBlockStoreOptions>, RegExp]>([
    ["no server", {}, /exactly one.*given: none/],
    ["two servers", { url: URL, nodes: ["a:1"] }, /given: url, nodes/],
    ["sentinels without name", { sentinels: ["a:1"] }, /belong together/],
    ["name without sentinels", { url: URL, name: "m" }, /belong together/],
    ["no namespace", { url: URL, namespace: "" }, /pipeline's name/],
    ["no horizon", { url: URL, horizonMs: 0 }, /horizonMs/],
    ["no time", { url: URL, timeoutMs: Number.NaN }, /timeoutMs/],
    ["a prefix with braces", { url: URL, keyPrefix: "{a}" }, /braces/],
    ["another protocol", { url: "http://me:s3cr3t@a:1" }, /redis:\/\/host/],
    ["no URL at all", { url: "me:s3cr3t@@:x" }, /redis:\/\/host/],
    ["a database that is no number", { url: "redis://me:s3cr3t@a:1/x" }, /redis:\/\/host/],
    ["a node without port", { nodes: ["a"] }, /"a" is not host:port/],
  ])("%s", async (_, options, message) => {
    const error: unknown = await redisBlockStore({ ...OPTIONS, ...options }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(message) });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3cr3t");
  });
});

function settingsOf(options: Partial<RedisBlockStoreOptions>): Record<string, unknown> {
  const connection = new Connection({ ...OPTIONS, ...options });
  connection.close();
  return { ...connection.client.options };
}

describe("the client", () => {
  it("takes host, port, database, user and TLS from the URL; options overrule it", () => {
    const url = "rediss://me:p%40ss@[::1]:7/2";
    expect(settingsOf({ url })).toMatchObject({
      host: "::1",
      port: 7,
      db: 2,
      username: "me",
      password: "p@ss",
      tls: {},
    });
    expect(settingsOf({ url, username: "you", password: "other", tls: { servername: "r" } })).toMatchObject({
      username: "you",
      password: "other",
      tls: { servername: "r" },
    });
    expect(settingsOf({ url: "redis://a" })).toMatchObject({ host: "a", port: 6379, db: 0 });
  });

  it("queues nothing and sends nothing twice, and gives up a silent connection", () => {
    const never = {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      socketTimeout: 1_400,
    };
    expect(settingsOf({ url: URL, timeoutMs: 700 })).toMatchObject(never);
    const { enableOfflineQueue, ...node } = never;
    expect(settingsOf({ nodes: ["a:1"], timeoutMs: 700 })).toMatchObject({ enableOfflineQueue, redisOptions: node });
  });

  it("encrypts to the master that sentinels name, and to the sentinels unless told", () => {
    const of = { sentinels: ["a:1", "[::1]:2"], name: "m", tls: { servername: "r" } };
    const sentinels = [
      { host: "a", port: 1 },
      { host: "::1", port: 2 },
    ];
    expect(settingsOf(of)).toMatchObject({ name: "m", sentinels, enableTLSForSentinelMode: true, sentinelTLS: of.tls });
    expect(settingsOf({ ...of, sentinelTls: false }).sentinelTLS).toBeUndefined();
    expect(settingsOf({ sentinels: ["a:1"], name: "m" })).toMatchObject({ enableTLSForSentinelMode: false });
  });

  it("that was handed over is not closed", () => {
    const client = new Redis({ lazyConnect: true });
    new Connection({ ...OPTIONS, client }).close();
    expect(client.status).toBe("wait");
    client.disconnect();
  });
});
