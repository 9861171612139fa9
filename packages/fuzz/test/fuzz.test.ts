import { TandemError } from "@tandem-cdc/core";
import { expect, it } from "vitest";
import { Coverage, fuzz, type Target, tried } from "../src/index.ts";
import { behindDoors, branch } from "./doors.ts";

const target: Target = {
  name: "doors",
  seeds: ["...."],
  words: [],
  open: async () => behindDoors,
  allows: () => false,
};

/** By chance alone the three bytes come once in 2^24 inputs. */
const RUNS = 200_000;
const options = { corpus: [], seed: 1, seconds: 25, runs: RUNS, most: 1 };

it("finds what lies behind three bytes, for it is told by the coverage when it has one more of them", async () => {
  const { findings, found, runs } = await fuzz(target, { ...options, ours: (url) => url.includes("test/doors") });
  expect(findings).toMatchObject([{ kind: "error", what: expect.stringContaining("RangeError: found") as string }]);
  expect(Buffer.from(findings[0]?.input ?? []).toString()).toMatch(/^TAN/);
  expect(found).toBeGreaterThanOrEqual(2);
  expect(runs).toBeLessThan(RUNS);
});

it("finds nothing there when it is not told", async () => {
  const { findings, runs } = await fuzz(target, { ...options, runs: 5_000, ours: () => false });
  expect([findings, runs >= 5_000]).toEqual([[], true]);
});

it("an input that is allowed to fail does so; another error, too much time and too much memory are findings", async () => {
  const one = { ...target, allows: (thrown: unknown) => thrown instanceof TandemError };
  const held: Uint8Array[] = [];
  const does = async (read: () => unknown): Promise<string | undefined> =>
    (await tried(one, read, Buffer.from("x")))?.kind;
  const refuse = (error: Error) => () => {
    throw error;
  };
  expect(await does(() => undefined)).toBeUndefined();
  expect(await does(refuse(new TandemError("RECORD_MALFORMED", "no")))).toBeUndefined();
  expect(await does(refuse(new TypeError("x is not a function")))).toBe("error");
  expect(await does(() => Promise.reject(new TypeError("later")))).toBe("error");
  expect(await does(() => held.push(new Uint8Array(200 << 20)))).toBe("memory");
  expect(
    await does(() => {
      for (const end = performance.now() + 1_050; performance.now() < end;);
    }),
  ).toBe("slow");
});

it("sees a block that runs for the first time, once", () => {
  const coverage = new Coverage((url) => url.includes("test/doors"));
  branch(false);
  coverage.take();
  branch(false);
  expect(coverage.take()).toBe(false);
  branch(true);
  expect([coverage.peek(), coverage.take()]).toEqual([true, false]);
  coverage.close();
});
