import { inspect } from "node:util";
import { TandemError } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { sortError } from "../src/errors.ts";

function reply(message: string): Error {
  const error = Object.assign(new Error(message), { command: { name: "hello", args: ["3", "AUTH", "me", "s3cr3t"] } });
  error.name = "ReplyError";
  return error;
}

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

describe("an error of the client is sorted", () => {
  it.each([
    ["connect ECONNREFUSED 127.0.0.1:6379", "back"],
    ["Connection is closed.", "back"],
    ["Stream isn't writeable and enableOfflineQueue options is false", "back"],
    ["Too many Cluster redirections. Last error: Error: Connection is closed.", "back"],
    ["All sentinels are unreachable. Retrying from scratch after 10ms.", "back"],
  ])("unreachable, retriable: %s", (message, advice) => {
    const sorted = sortError(new Error(message), "Redis a:1");
    expect(sorted).toMatchObject({ code: "STORE_UNAVAILABLE", retriable: true });
    expect(sorted.message).toMatch(new RegExp(`^Redis a:1: .*${advice}`));
  });

  it.each([
    ["LOADING Redis is loading the dataset in memory", "STORE_UNAVAILABLE"],
    ["READONLY You can't write against a read only replica.", "STORE_UNAVAILABLE"],
    ["MASTERDOWN Link with MASTER is down", "STORE_UNAVAILABLE"],
    ["CLUSTERDOWN The cluster is down", "STORE_UNAVAILABLE"],
    ["TRYAGAIN Multiple keys request during rehashing of slot", "STORE_UNAVAILABLE"],
    ["NOREPLICAS Not enough good replicas to write.", "STORE_UNAVAILABLE"],
    ["MISCONF Redis is configured to save RDB snapshots", "STORE_UNAVAILABLE"],
    ["ERR max number of clients reached", "STORE_UNAVAILABLE"],
    ["OOM command not allowed when used memory > 'maxmemory'.", "STORE_FULL"],
  ])("a reply that passes, retriable: %s", (message, code) => {
    expect(sortError(reply(message), "Redis a:1")).toMatchObject({ code, retriable: true });
  });

  it.each([
    ["NOAUTH Authentication required.", "CONFIG_INVALID", "password"],
    ["WRONGPASS invalid username-password pair or user is disabled.", "CONFIG_INVALID", "password"],
    ["NOPERM this user has no permissions to run the 'hset' command", "CONFIG_INVALID", "+hset"],
    ["WRONGTYPE Operation against a key holding the wrong kind of value", "STORE_UNSAFE", "keyPrefix"],
    ["ERR unknown command 'HSET'", "STORE_UNSAFE", "Redis 7"],
  ])("a reply that stays, final: %s", (message, code, advice) => {
    const sorted = sortError(reply(message), "Redis a:1");
    expect(sorted).toMatchObject({ code, retriable: false });
    expect(sorted.message).toContain(advice);
  });

  it.each(["SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "ERR_TLS_CERT_ALTNAME_INVALID", "EPROTO"])(
    "a certificate that is not trusted, final: %s",
    (code) => {
      expect(sortError(withCode("no", code), "Redis a:1")).toMatchObject({ code: "CONFIG_INVALID", retriable: false });
    },
  );

  it("by what is behind it: an aborted transaction, the last node, the connection's trouble, a sentinel's", () => {
    const oom = reply("OOM command not allowed");
    const login = reply("WRONGPASS no");
    const cases = [
      sortError(Object.assign(reply("EXECABORT Transaction discarded"), { previousErrors: [oom] }), "r"),
      sortError(Object.assign(new Error("Failed to refresh slots cache."), { lastNodeError: login }), "r"),
      sortError(new Error("Connection is closed."), "r", login),
      sortError(new Error("All sentinels are unreachable. Retrying. Last error: WRONGPASS no"), "r"),
      sortError(reply("OOM command not allowed"), "r", login),
    ];
    expect(cases.map(({ code }) => code)).toEqual([
      "STORE_FULL",
      "CONFIG_INVALID",
      "CONFIG_INVALID",
      "CONFIG_INVALID",
      "STORE_FULL",
    ]);
  });

  it("without the command, which may hold a password or claims", () => {
    const sorted = sortError(reply("WRONGPASS no"), "r");
    expect(inspect(sorted, { depth: 9, showHidden: true })).not.toContain("s3cr3t");
    expect(sorted.cause).toMatchObject({ name: "ReplyError", message: "WRONGPASS no" });
  });

  it("once", () => {
    const ours = new TandemError("STORE_UNSAFE", "as it is");
    expect(sortError(ours, "r", new Error("other"))).toBe(ours);
  });
});
