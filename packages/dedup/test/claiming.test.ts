import { type KeyStore, type Owners, TandemError } from "@tandem-cdc/core";
import { describe, expect, test } from "vitest";
import { dedup, loadHash, memoryStore } from "../src/index.ts";
import { asSaid, context, emitted, FakeClock, type Laned, records } from "./support.ts";

const hash = await loadHash();
const unavailable = (): TandemError => new TandemError("STORE_UNAVAILABLE", "no answer", { retriable: true });

/** A store whose claims do what the script says, one entry a call; then as the memory store. */
function scripted(script: readonly ("lost" | "late")[]): KeyStore & { calls: number } {
  const store = memoryStore();
  const faulty = {
    ...store,
    calls: 0,
    async claim(...asked: Parameters<KeyStore["claim"]>): Promise<Owners> {
      const fault = script[faulty.calls++];
      // `late`: the write takes effect, its answer is lost. `lost`: nothing happened.
      if (fault === "late") await store.claim(...asked);
      if (fault !== undefined) throw unavailable();
      return store.claim(...asked);
    },
  };
  return faulty;
}

async function applied(keyStore: KeyStore, told: Laned = context()) {
  const clock = new FakeClock();
  const transform = dedup({ identity: asSaid, keyStore, hash, clock });
  await transform.openLane?.(told);
  const outcomes = Promise.resolve(transform.apply(records(10, { id: "x" }, { id: "y" }, { id: "x" }), told));
  return { outcomes, clock };
}

describe("a store that does not answer", () => {
  test.each(["lost", "late"] as const)("is asked again as the same owner until it acknowledges (%s)", async (fault) => {
    const store = scripted([fault, fault, fault]);
    const { clock, outcomes } = await applied(store);
    expect(emitted(await outcomes)).toEqual(["10", "11"]);
    expect(store.calls).toBe(4);
    expect(clock.slept).toEqual([50, 100, 200]);
  });

  test("fails the batch, retriable, after six times: never guesses", async () => {
    const store = scripted(Array.from({ length: 99 }, () => "late" as const));
    const { clock, outcomes } = await applied(store);
    await expect(outcomes).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      retriable: true,
      cause: { message: "no answer" },
    });
    expect(store.calls).toBe(6);
    expect(clock.slept).toHaveLength(5);
  });

  test("and wrote before it failed: the records come out when they are read again", async () => {
    const store = scripted(["late", "late", "late", "late", "late", "late"]);
    await expect((await applied(store)).outcomes).rejects.toMatchObject({ retriable: true });
    expect(emitted(await (await applied(store)).outcomes)).toEqual(["10", "11"]);
  });

  test("is not asked again after an error that is no outage", async () => {
    let calls = 0;
    const store: KeyStore = { ...memoryStore(), claim: async () => Promise.reject((calls++, new TypeError("broken"))) };
    await expect((await applied(store)).outcomes).rejects.toThrow("broken");
    expect(calls).toBe(1);
  });
});

describe("a store that answers nonsense", () => {
  const two = new Uint32Array(2);
  test.each<[string, Owners]>([
    ["too few owners", { coordinates: new Float64Array(1), fingerprints: two }],
    ["too few fingerprints", { coordinates: Float64Array.of(10, 11), fingerprints: new Uint32Array(1) }],
    ["an owner larger than the claimant", { coordinates: Float64Array.of(10, 12), fingerprints: two }],
    ["an owner below zero", { coordinates: Float64Array.of(-1, 11), fingerprints: two }],
    ["no number", { coordinates: Float64Array.of(10, Number.NaN), fingerprints: two }],
  ])("fails the batch for good: %s", async (_, owners) => {
    await expect((await applied({ ...memoryStore(), claim: async () => owners })).outcomes).rejects.toMatchObject({
      code: "STORE_UNSAFE",
      retriable: false,
    });
  });
});

describe("an aborted lane", () => {
  test("asks nothing", async () => {
    const store = scripted([]);
    await expect((await applied(store, context(undefined, AbortSignal.abort()))).outcomes).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(store.calls).toBe(0);
  });

  test("does not ask again", async () => {
    const controller = new AbortController();
    let calls = 0;
    const store: KeyStore = {
      ...memoryStore(),
      claim: async () => {
        calls++;
        controller.abort();
        throw unavailable();
      },
    };
    await expect((await applied(store, context(undefined, controller.signal))).outcomes).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(calls).toBe(1);
  });
});
