import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { call, Serial } from "../src/internal/call.ts";

describe("a call of the client", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("resolves to its answer", async () => {
    await expect(call<number>("asking", 100, (done) => done(null, 5))).resolves.toBe(5);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("that never answers ends at the deadline, with a code", async () => {
    const asked = call("disconnecting", 10_000, () => undefined);
    const seen = expect(asked).rejects.toMatchObject({
      code: "TRANSPORT_TIMEOUT",
      retriable: true,
      message: "disconnecting did not answer within 10000 ms",
    });
    await vi.advanceTimersByTimeAsync(10_000);
    await seen;
  });

  it("that throws or answers with an error rejects with that very error", async () => {
    const error = new Error("no");
    await expect(call("a", 100, (done) => done(error as never))).rejects.toBe(error);
    await expect(
      call("b", 100, () => {
        throw error;
      }),
    ).rejects.toBe(error);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("serial tasks", () => {
  it("run one at a time, in order, whatever becomes of the one before", async () => {
    const serial = new Serial();
    const said: string[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const first = serial.run(async () => {
      await gate;
      said.push("first");
      throw new Error("first failed");
    });
    const second = serial.run(() => said.push("second"));
    expect(said).toEqual([]);
    release();
    await expect(first).rejects.toThrow("first failed");
    await second;
    expect(said).toEqual(["first", "second"]);
  });
});
