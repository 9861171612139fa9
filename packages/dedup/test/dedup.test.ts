import { type HashStrategy, type IdentityStrategy, type KeyStore, TandemError } from "@tandem-cdc/core";
import { describe, expect, test } from "vitest";
import { dedup, loadHash, memoryStore } from "../src/index.ts";
import { lane } from "./lane.ts";
import { asSaid, claim, context, dropped, emitted, LANE, records } from "./support.ts";

const hash: HashStrategy = await loadHash();

describe("the owner rule: a record goes on if and only if it owns its key", () => {
  test("the first copy owns it, later ones are duplicates", async () => {
    const { apply, context: told } = await lane();
    expect(emitted(await apply(10, { id: "x", source: "a" }, { id: "y", source: "a" }))).toEqual(["10", "11"]);
    const second = await apply(12, { id: "x", source: "b" }, { id: "z", source: "b" });
    expect(emitted(second)).toEqual(["13"]);
    expect(dropped(second)).toEqual({ duplicate: 1 });
    expect(Object.fromEntries(told.counts)).toEqual({
      first: 3,
      "first:a": 2,
      "first:b": 1,
      duplicate: 1,
      "duplicate:b": 1,
    });
  });

  test("read again after a crash between claim and commit, it finds itself the owner and is emitted", async () => {
    const { apply, again } = await lane();
    await apply(10, { id: "x" }, { id: "x" }, { id: "y" });
    await again();
    expect(emitted(await apply(10, { id: "x" }, { id: "x" }, { id: "y" }))).toEqual(["10", "12"]);
  });

  test("in other batches than before the crash, too", async () => {
    const { apply, again } = await lane();
    await apply(10, { id: "x" }, { id: "y" }, { id: "x" }, { id: "z" });
    await again();
    expect(emitted(await apply(10, { id: "x" }))).toEqual(["10"]);
    expect(emitted(await apply(11, { id: "y" }, { id: "x" }, { id: "z" }))).toEqual(["11", "13"]);
  });

  test("a smaller coordinate takes the key from a larger one, which a fenced instance wrote", async () => {
    const { apply, again } = await lane();
    await apply(20, { id: "x" });
    await again();
    expect(emitted(await apply(10, { id: "x" }))).toEqual(["10"]);
    expect(emitted(await apply(11, { id: "x" }))).toEqual([]);
  });

  test("within a batch the first occurrence wins before the store is asked", async () => {
    const asked: number[] = [];
    const store = memoryStore();
    const counting: KeyStore = {
      ...store,
      claim: (to, claims, signal) => (asked.push(claims.length), store.claim(to, claims, signal)),
    };
    const { apply } = await lane({ keyStore: counting });
    expect(emitted(await apply(10, { id: "x" }, { id: "y" }, { id: "x" }, { id: "x" }, { id: "y" }))).toEqual([
      "10",
      "11",
    ]);
    expect(asked).toEqual([2]);
  });

  test("a batch without claims does not ask the store", async () => {
    const { apply } = await lane({ keyStore: { ...memoryStore(), claim: () => Promise.reject(new Error("asked")) } });
    expect(emitted(await apply(10, null, { kind: "redelivery" }))).toEqual([]);
  });

  test("a re-delivery is dropped, counted for its source, and claims nothing", async () => {
    const { apply, context: told } = await lane();
    expect(dropped(await apply(10, { id: "x", kind: "redelivery", source: "a" }))).toEqual({ redelivery: 1 });
    expect(told.counts.get("redelivery:a")).toBe(1);
    expect(emitted(await apply(11, { id: "x" }))).toEqual(["11"]);
  });

  test("batches grow and shrink: nothing of an earlier one is left in the columns", async () => {
    const { apply } = await lane();
    const many = Array.from({ length: 500 }, (_, i) => ({ id: `m${i}` }));
    expect(emitted(await apply(0, { id: "one" }))).toHaveLength(1);
    expect(emitted(await apply(1, ...many, ...many))).toHaveLength(500);
    expect(emitted(await apply(2_000, { id: "one" }, { id: "two" }, { id: "m3" }))).toEqual(["2001"]);
  });

  test("pass-through of new records makes no view of the batch", async () => {
    const { apply } = await lane({ tombstones: "drop" });
    expect((await apply(10, { id: "x" }, { id: "y" })).origins).toBeNull();
  });
});

describe("copies that differ in content", () => {
  test.each([
    ["from the store", 1],
    ["within the batch", 2],
  ])("aligned: a duplicate, counted as a divergence (%s)", async (_, size) => {
    const { apply, context: told } = await lane();
    const [one, other] = [
      { id: "x", content: "1" },
      { id: "x", content: "2" },
    ];
    const all = size === 2 ? [await apply(10, one, other)] : [await apply(10, one), await apply(11, other)];
    expect(all.flatMap(emitted)).toEqual(["10"]);
    expect(told.counts.get("divergence")).toBe(1);
    expect(told.counts.get("duplicate")).toBe(1);
  });

  test.each([
    ["from the store", 1],
    ["within the batch", 2],
  ])("unaligned: emitted, and counted as a possible duplicate (%s)", async (_, size) => {
    const { apply, context: told } = await lane();
    const [one, other] = [
      { id: "x", content: "1" },
      { id: "x", content: "2", aligned: false },
    ];
    const all = size === 2 ? [await apply(10, one, other)] : [await apply(10, one), await apply(11, other)];
    expect(all.flatMap(emitted)).toEqual(["10", "11"]);
    expect(told.counts.get("possible-duplicate")).toBe(1);
    expect(told.counts.get("divergence")).toBeUndefined();
  });

  test("with a topic they go there, with the first copy's coordinate, and the source", async () => {
    const { apply, context: told } = await lane({ divergence: { topic: "diverged" } });
    await apply(10, { id: "x", content: "1", source: "a" });
    const outcomes = await apply(11, { id: "x", content: "2", source: "b" }, { id: "x", content: "1", source: "b" });
    expect(emitted(outcomes)).toEqual([]);
    expect(outcomes.diverted).toEqual([
      { stage: "dedup", index: 0, topic: "diverged", reason: "divergence", context: { first: "10", source: "b" } },
    ]);
    expect(dropped(outcomes)).toEqual({ divergence: 1, duplicate: 1 });
    expect([told.counts.get("divergence:b"), told.counts.get("duplicate:b")]).toEqual([1, 2]);
  });

  test("equal content is a duplicate, aligned or not", async () => {
    const { apply, context: told } = await lane();
    expect(emitted(await apply(10, { id: "x", content: "1" }, { id: "x", content: "1", aligned: false }))).toEqual([
      "10",
    ]);
    expect(told.counts.get("divergence")).toBeUndefined();
    expect(told.counts.get("possible-duplicate")).toBeUndefined();
  });
});

describe("the lane", () => {
  test("a strategy that writes no identity has its records rejected: they would all be copies of one", async () => {
    const forgetful: IdentityStrategy = {
      name: "forgetful",
      version: 1,
      openLane: () => ({ identify: () => "change", state: () => undefined }),
    };
    const { apply } = await lane({ identity: forgetful });
    const outcomes = await apply(10, { id: "x" }, { id: "y" });
    expect(emitted(outcomes)).toEqual([]);
    expect(outcomes.rejected.map(({ cause }) => cause)).toMatchObject([
      { code: "RECORD_UNIDENTIFIABLE" },
      { code: "RECORD_UNIDENTIFIABLE" },
    ]);
  });

  test("tells of the first copy that differs, and of the first that may be one", async () => {
    const { apply, context: told } = await lane({});
    await apply(10, { id: "x", content: "1" }, { id: "x", content: "2" }, { id: "x", content: "3" });
    await apply(13, { id: "x", content: "4", aligned: false });
    expect(told.notes).toEqual([
      expect.stringMatching(/@11 differs in content from the first copy at offset 10: it is dropped/),
      expect.stringMatching(/@13 may be a second copy/),
    ]);
  });

  test("a record that cannot be identified is rejected with its cause; its neighbours go on", async () => {
    const { apply } = await lane();
    const outcomes = await apply(10, { id: "x" }, { error: "what is this" }, { id: "y" });
    expect(emitted(outcomes)).toEqual(["10", "12"]);
    expect(outcomes.rejected).toMatchObject([{ stage: "dedup", index: 1, cause: { message: "what is this" } }]);
  });

  test("remembers what its identity remembers, and hands it back", async () => {
    const opened: unknown[] = [];
    let seen = 0;
    const counting: IdentityStrategy = {
      ...asSaid,
      openLane: async (told, state) => {
        opened.push(state);
        return { ...(await asSaid.openLane(told, state)), state: () => ({ seen: ++seen }) };
      },
    };
    const { apply, again, context: told } = await lane({ identity: counting });
    await apply(10, { id: "x" });
    expect(told.state).toEqual({ identity: { seen: 1 }, streamedFrom: 10 });
    await again();
    expect(opened).toEqual([undefined, { seen: 1 }]);
  });

  test("a batch that fails leaves the state as it was", async () => {
    const down: KeyStore = {
      ...memoryStore(),
      claim: async () => Promise.reject(new TandemError("STORE_FULL", "full")),
    };
    const { apply, context: told } = await lane({ keyStore: down });
    await expect(apply(10, { id: "x" })).rejects.toMatchObject({ code: "STORE_FULL" });
    expect(told.state).toBeUndefined();
  });

  test("an error of the identity strategy that concerns the lane stops it", async () => {
    const stopping: IdentityStrategy = {
      ...asSaid,
      openLane: () => ({
        identify: () => {
          throw new TandemError("LANE_NULL_KEY", "no keys");
        },
        state: () => undefined,
      }),
    };
    await expect((await lane({ identity: stopping })).apply(10, { id: "x" })).rejects.toMatchObject({
      code: "LANE_NULL_KEY",
    });
  });

  test("closed, it takes no batch, and the store drops what it holds for it", async () => {
    const released: unknown[] = [];
    const transform = dedup({
      identity: asSaid,
      hash,
      keyStore: { ...memoryStore(), release: (of) => released.push(of) },
    });
    const told = context();
    await transform.openLane?.(told);
    await transform.closeLane?.(told);
    expect(released).toEqual([LANE]);
    await expect(transform.apply(records(1, { id: "x" }), told)).rejects.toThrow(/not open/);
  });
});

describe("an identity", () => {
  /** Identifies as the test says, under this name. */
  const named = (name: string, opened: string[]): IdentityStrategy => ({
    ...asSaid,
    name,
    openLane: (told, state) => (opened.push(name), asSaid.openLane(told, state)),
  });

  test("of the lane's topic is the one in force, with its name in the key", async () => {
    const opened: string[] = [];
    const keyStore = memoryStore();
    const topics: string[] = [];
    const rules: IdentityStrategy = {
      ...named("rules", opened),
      forTopic: (topic) => (topics.push(topic), named("orders", opened)),
    };
    await (await lane({ identity: rules, keyStore })).apply(10, { id: "x" });
    expect([topics, opened]).toEqual([[LANE.topic], ["orders"]]);
    const same = await lane({ identity: named("orders", opened), keyStore });
    expect(emitted(await same.apply(11, { id: "x" }))).toEqual([]);
    const other = await lane({ identity: named("rules", opened), keyStore });
    expect(emitted(await other.apply(12, { id: "x" }))).toEqual(["12"]);
  });

  test("prepares each batch before its first record, also of the past", async () => {
    const done: string[] = [];
    const preparing: IdentityStrategy = {
      ...asSaid,
      openLane: async (told, state) => {
        const inner = await asSaid.openLane(told, state);
        return {
          ...inner,
          prepare: async (batch) => void done.push(`prepare ${batch.length}`),
          identify: (batch, i, into) => (done.push(`identify ${batch.offset(i)}`), inner.identify(batch, i, into)),
        };
      },
    };
    const { apply } = await lane({ identity: preparing, rebuild: { horizonMs: 60_000 } }, undefined, {
      startOffset: 10,
      lastTimestamp: 1_000,
      async *replay() {
        yield records(8, { id: "v" }, { id: "w" });
      },
    });
    expect(emitted(await apply(10, { id: "w" }, { id: "x" }))).toEqual(["11"]);
    expect(done).toEqual(["prepare 2", "identify 8", "identify 9", "prepare 2", "identify 10", "identify 11"]);
  });

  test("that cannot prepare fails the batch", async () => {
    const down = new TandemError("STORE_UNAVAILABLE", "down", { retriable: true });
    const { apply } = await lane({
      identity: {
        ...asSaid,
        openLane: async (told, state) => ({
          ...(await asSaid.openLane(told, state)),
          prepare: () => Promise.reject(down),
        }),
      },
    });
    await expect(apply(10, { id: "x" })).rejects.toBe(down);
  });
});

test("pipelines and topics share no keys, partitions of one topic do", async () => {
  const seen: string[] = [];
  const store = memoryStore();
  const watched: KeyStore = {
    ...store,
    claim: (of, claims, signal) => (
      seen.push(Buffer.from(claims.digests).toString("hex")),
      store.claim(of, claims, signal)
    ),
  };
  const keyOf = async (pipeline: string, topic: string, partition: number): Promise<string | undefined> => {
    const transform = dedup({ identity: asSaid, keyStore: watched, hash });
    const told = { ...context(), pipeline, lane: { topic, partition } };
    await transform.openLane?.(told);
    await transform.apply(records(10, { id: "x" }), told);
    return seen.at(-1);
  };
  const key = await keyOf("p", "t", 0);
  expect(await keyOf("p", "t", 1)).toBe(key);
  expect(await keyOf("q", "t", 0)).not.toBe(key);
  expect(await keyOf("p", "u", 0)).not.toBe(key);
});

test("the helper of these tests claims as the store does", async () => {
  const store = memoryStore();
  expect(await claim(store, { key: 1, coordinate: 5 }, { key: 2, coordinate: 6 }, { key: 1, coordinate: 7 })).toEqual([
    5, 6, 5,
  ]);
});
