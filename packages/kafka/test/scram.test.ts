import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { scramLogin } from "../src/internal/wire/scram.ts";

const SALT = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
const ROUNDS = 4096;

/** A broker that knows this password: its two answers to a login. */
function broker(password: string) {
  const salted = pbkdf2Sync(password, SALT, ROUNDS, 32, "sha256");
  const mac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const stored = createHash("sha256").update(mac(salted, "Client Key")).digest();
  return {
    first(said: Buffer) {
      const bare = said.toString().slice(3);
      return { bare, challenge: `${/r=.*$/.exec(bare)?.[0]}more,s=${SALT.toString("base64")},i=${ROUNDS}` };
    },
    last({ bare, challenge }: { bare: string; challenge: string }, said: Buffer) {
      const [, without = "", proof = ""] = /^(.*),p=(.*)$/.exec(said.toString()) ?? [];
      const signed = `${bare},${challenge},${without}`;
      const signature = mac(stored, signed);
      const key = Buffer.from(Buffer.from(proof, "base64").map((byte, i) => byte ^ (signature[i] ?? 0)));
      const right = createHash("sha256").update(key).digest().equals(stored);
      return { right, answer: Buffer.from(`v=${mac(mac(salted, "Server Key"), signed).toString("base64")}`) };
    },
  };
}

/** Whether the broker lets the user in; throws where the user does not believe the broker. */
function loggedIn(user: string, theirs: string, ours: string): boolean {
  const server = broker(theirs);
  const login = scramLogin("sha256", user, ours);
  const first = server.first(login.first);
  const last = server.last(first, login.next(Buffer.from(first.challenge)) ?? Buffer.alloc(0));
  expect(login.next(last.answer)).toBeUndefined();
  return last.right;
}

describe("a login by SCRAM", () => {
  it("proves the password, and has the broker prove it", () => {
    expect(loggedIn("user", "pencil", "pencil")).toBe(true);
    expect(loggedIn("a=b,c", "p,=x", "p,=x")).toBe(true);
  });

  it("ends where the broker does not know the password", () => {
    expect(() => loggedIn("user", "pencil", "pen")).toThrow("not one of SCRAM");
  });

  it("never shows the password, and escapes the name", () => {
    const { first } = scramLogin("sha512", "a=b,c", "pencil");
    expect(first.toString()).toMatch(/^n,,n=a=3Db=2Cc,r=/);
  });

  it("ends where the answer is for another login", () => {
    const login = scramLogin("sha256", "user", "pencil");
    expect(() => login.next(Buffer.from(`r=other,s=${SALT.toString("base64")},i=4096`))).toThrow("not one of SCRAM");
  });
});
