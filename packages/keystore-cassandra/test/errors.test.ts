import cassandra from "cassandra-driver";
import { TandemError } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { sorted } from "../src/errors.ts";

const {
  AuthenticationError,
  ArgumentError,
  BusyConnectionError,
  NoHostAvailableError,
  OperationTimedOutError,
  ResponseError,
} = cassandra.errors as unknown as Record<string, new (...args: unknown[]) => Error>;
type Made = new (...args: unknown[]) => Error;
const made = (type: Made | undefined, ...args: unknown[]): Error => new (type as Made)(...args);
const server = (code: number, message: string): Error => made(ResponseError, code, message);
const hosts = (errors: Record<string, unknown>): Error => made(NoHostAvailableError, errors);

const LATER: readonly [string, unknown][] = [
  ["too few replicas alive", server(0x1000, "Cannot achieve consistency level LOCAL_QUORUM")],
  ["an overloaded node", server(0x1001, "overloaded")],
  ["a node that starts", server(0x1002, "bootstrapping")],
  ["a write timeout, whose outcome is unknown", server(0x1100, "Server timeout during write query")],
  ["a read timeout", server(0x1200, "Server timeout during read query")],
  ["a failed read", server(0x1300, "1 failed")],
  ["a failed write", server(0x1500, "1 failed")],
  ["a fault of a server", server(0x0000, "java.lang.RuntimeException")],
  ["a table that a node does not know (yet)", server(0x2200, "unconfigured table")],
  ["an answer that did not come", made(OperationTimedOutError, "The host did not reply before timeout")],
  ["a busy connection", made(BusyConnectionError, "127.0.0.1:9042", 2_048, 1)],
  ["no connection", Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })],
  [
    "no node",
    hosts({ "127.0.0.1:9042": "Host considered as DOWN", "127.0.0.2:9042": made(OperationTimedOutError, "x") }),
  ],
  ["no node at all", made(NoHostAvailableError, null, "Connecting after shutdown is not supported")],
  [
    "users that cannot be read while nodes are down",
    hosts({
      a: made(AuthenticationError, "Unable to perform authentication: Cannot achieve consistency level LOCAL_QUORUM"),
    }),
  ],
  [
    "rights that cannot be read while nodes are down",
    server(0x2100, "Unable to perform authorization of permissions: Cannot achieve consistency level LOCAL_ONE"),
  ],
  ["words", "gone"],
  ["nothing", undefined],
];
const NEVER: readonly [string, unknown, RegExp][] = [
  [
    "TLS to a port that speaks none",
    hosts({ a: Object.assign(new Error("wrong version number"), { code: "ERR_SSL_WRONG_VERSION_NUMBER" }) }),
    /No TLS is spoken at this port: .*leave tls out/,
  ],
  [
    "wrong credentials",
    hosts({ a: made(AuthenticationError, "Provided username tandem and/or password are incorrect") }),
    /Check the store's credentials/,
  ],
  [
    "missing credentials",
    made(AuthenticationError, "Host a requires authentication, but no authenticator found"),
    /credentials/,
  ],
  ["a right that is missing", server(0x2100, "User tandem has no MODIFY permission"), /Grant SELECT and MODIFY/],
  [
    "another data center",
    made(ArgumentError, "Datacenter x was not found. Available DCs are: [dc1]"),
    /\[dc1\].*Set localDataCenter/,
  ],
  [
    "a certificate of nobody",
    hosts({ a: Object.assign(new Error("self-signed certificate"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }) }),
    /tls\.ca/,
  ],
  [
    "a certificate of another",
    Object.assign(new Error("IP: 1.2.3.4 is not in the cert's list"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" }),
    /name the address/,
  ],
  ["a data center that is not there", server(0x2300, "Unrecognized strategy option {x}"), /refuses the statement/],
];

describe("errors", () => {
  it.each(LATER)("%s: again later", (_, error) => {
    expect(sorted(error, "loading")).toMatchObject({ code: "STORE_UNAVAILABLE", retriable: true });
  });
  it.each(NEVER)("%s: somebody has to act", (_, error, message) => {
    expect(sorted(error, "opening")).toMatchObject({ code: "CONFIG_INVALID", retriable: false });
    expect(sorted(error, "opening").message).toMatch(message);
  });
  it("of a node that hangs up come with what it may mean", () => {
    const error = hosts({ a: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }) });
    expect(sorted(error, "opening", "set tls")).toMatchObject({
      code: "STORE_UNAVAILABLE",
      retriable: true,
      message: "Cassandra store, opening: a: read ECONNRESET (set tls)",
    });
    expect(sorted(error, "opening").message).not.toContain("tls");
    expect(sorted(hosts({ a: new Error("no route") }), "opening", "set tls").message).not.toContain("tls");
  });
  it("name every host that was tried", () => {
    const { message } = sorted(hosts({ a: "Host considered as DOWN", b: new Error("no route") }), "loading");
    expect(message).toBe("Cassandra store, loading: a: Host considered as DOWN; b: no route");
  });
  it("of our own are final, and ours stay as they are", () => {
    expect(sorted(new TypeError("x is undefined"), "loading")).toMatchObject({ retriable: false });
    const ours = new TandemError("STORE_UNSAFE", "read_repair");
    expect(sorted(ours, "opening")).toBe(ours);
  });
});
