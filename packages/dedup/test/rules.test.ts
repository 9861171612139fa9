import type { HashStrategy, Identified, IdentityStrategy, IdentityWriter, KeyStore } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { describe, expect, test } from "vitest";
import { sent } from "../../debezium/test/events.ts";
import { Player } from "../../debezium/test/player.ts";
import { type DedupOptions, loadHash, memoryStore } from "../src/index.ts";
import { lane } from "./lane.ts";
import { asSaid, diverted, dropped, emitted, FakeClock, type Said } from "./support.ts";

/** A case that the plain rule gets wrong. */
interface Case {
  readonly name: string;
  readonly play: (options: Partial<DedupOptions>) => Promise<unknown>;
  /** What comes of it, with these options. */
  readonly right: unknown;
  readonly on?: Partial<DedupOptions>;
  /** Options that switch the rule off: something else comes of it then. */
  readonly off: Partial<DedupOptions>;
}

const HORIZON_MS = 3_600_000;
const streamed = (position: number, more: Said = {}): Said => ({ id: `${position}`, domain: "0", position, ...more });
const row = (id: string, more: Said = {}): Said => ({ id, kind: "snapshot", ...more });

/** The identity of these tests, but for one thing. */
function mutant(spoil: (verdict: Identified, into: IdentityWriter) => Identified): IdentityStrategy {
  return {
    ...asSaid,
    async openLane(context, state) {
      const inner = await asSaid.openLane(context, state);
      return {
        state: () => inner.state(),
        identify: (batch, i, into) => spoil(inner.identify(batch, i, into), into),
      };
    },
  };
}

/** The identity of these tests, blind to the content. */
const blind: IdentityStrategy = {
  ...asSaid,
  async openLane(context, state) {
    const inner = await asSaid.openLane(context, state);
    return {
      state: () => inner.state(),
      identify(batch, i, into) {
        const { content: _, ...rest } = saidIn(batch.value(i));
        return inner.identify({ ...batch, value: () => Buffer.from(JSON.stringify(rest)) }, i, into);
      },
    };
  },
};

/** The identity by content: the same again is a copy. */
const byContent: IdentityStrategy = {
  name: "content",
  version: 1,
  openLane: () => ({
    identify(batch, i, into) {
      into.text(saidIn(batch.value(i)).content ?? "");
      return "change";
    },
    state: () => undefined,
  }),
};

function saidIn(value: Uint8Array | null): Said {
  return JSON.parse(Buffer.from(value ?? []).toString()) as Said;
}

/** A store that forgets at once. */
function forgetful(): KeyStore {
  let now = 0;
  return memoryStore({ clock: { now: () => (now += 86_400_000), sleep: async () => undefined }, horizonMs: 1 });
}

const xxh128 = await loadHash();
/** So short that a few hundred keys collide. */
const xxh8: HashStrategy = {
  ...xxh128,
  name: "xxh8",
  size: 1,
  digest(input, length, out, at) {
    xxh128.digest(input, length, out, at);
    out.fill(0, at + 1, at + 16);
  },
};

const CASES: readonly Case[] = [
  {
    name: "tombstones have nothing to identify them: each emitted delete is followed by one",
    async play(options) {
      const { apply } = await lane(options);
      const first = await apply(10, { id: "x", deletes: true }, null, { id: "x", deletes: true }, null);
      return [...emitted(first), ...emitted(await apply(14, { id: "x again", deletes: true }, null))];
    },
    right: ["10", "10†", "14", "14†"],
    // Taken for changes without a name: the first one is emitted, and no other.
    off: { tombstones: "drop", identity: mutant((verdict) => (verdict === "tombstone" ? "change" : verdict)) },
  },
  {
    name: "rows of a second snapshot, whose newer state was streamed already, are dropped and counted",
    async play(options) {
      const { apply, context } = await lane(options);
      const first = emitted(await apply(10, row("x=1"), streamed(1)));
      return [...first, ...emitted(await apply(12, row("x=0"))), context.counts.get("late-snapshot")];
    },
    right: ["10", "11", 1],
    off: { snapshots: "emit" },
  },
  {
    name: "rows of incremental snapshots pass at any time, and say nothing of the stream",
    async play(options) {
      const { apply } = await lane(options);
      const incremental: Said = { ...streamed(900), id: "x", streamed: false };
      return emitted(await apply(10, incremental, row("y"), streamed(5), { ...incremental, id: "z", position: 1 }));
    },
    right: ["10", "11", "12", "13"],
    off: { identity: mutant((verdict, into) => ((into.streamed = true), verdict)) },
  },
  {
    name: "a source that starts from an older snapshot than the one that leads is late",
    async play(options) {
      const { apply } = await lane(options);
      const outcomes = await apply(10, streamed(51), streamed(40, { source: "b" }), streamed(51, { source: "b" }));
      return [emitted(outcomes), dropped(outcomes), diverted(outcomes).map(([, topic]) => topic)];
    },
    right: [["10"], { late: 1, duplicate: 1 }, ["test.late"]],
    off: { late: "emit" },
  },
  {
    name: "a source that comes back after longer than the horizon is late where its claims are gone",
    async play(options) {
      const clock = new FakeClock();
      const keyStore = memoryStore({ clock, horizonMs: HORIZON_MS });
      const { apply } = await lane({ clock, keyStore, ...options });
      await apply(10, streamed(1), streamed(2));
      clock.time += 2 * HORIZON_MS;
      const outcomes = await apply(12, streamed(3), streamed(2, { source: "b" }), streamed(3, { source: "b" }));
      return [emitted(outcomes), dropped(outcomes)];
    },
    right: [["12"], { late: 1, duplicate: 1 }],
    on: { horizonMs: HORIZON_MS },
    off: {},
  },
  {
    name: "nothing is late that has a claim, however old it is",
    async play(options) {
      const clock = new FakeClock();
      const keyStore = memoryStore({ clock, horizonMs: HORIZON_MS });
      const { apply, context } = await lane({ clock, keyStore, ...options });
      await apply(10, streamed(1), streamed(2));
      clock.time += 1.2 * HORIZON_MS;
      await apply(12, streamed(3), streamed(1, { source: "b" }), streamed(2, { source: "b" }));
      return context.counts.get("late") ?? 0;
    },
    right: 0,
    on: { horizonMs: HORIZON_MS },
    // Nobody remembers: what is asked first has no answer.
    off: { horizonMs: HORIZON_MS, keyStore: forgetful() },
  },
  {
    name: "copies that differ in content are divergences",
    async play(options) {
      const { apply, context } = await lane({ divergence: { topic: "diverged" }, ...options });
      const outcomes = await apply(10, { id: "x", content: "1" }, { id: "x", content: "2", source: "b" });
      return [diverted(outcomes), context.counts.get("divergence")];
    },
    right: [[[1, "diverged", { first: "10", source: "b" }]], 1],
    off: { identity: blind },
  },
  {
    name: "what a source sends first and as a copy is counted: one that loses changes is seen",
    async play(options) {
      const { apply, context } = await lane(options);
      await apply(10, { id: "x", source: "a" }, { id: "y", source: "a" }, { id: "x", source: "b" });
      return ["first:a", "duplicate:b", "first:b"].map((name) => context.counts.get(name) ?? 0);
    },
    right: [2, 1, 0],
    off: { identity: mutant((verdict, into) => ((into.source = undefined), verdict)) },
  },
  {
    name: "two changes with equal content are told apart by their positions",
    async play(options) {
      const { apply } = await lane(options);
      return emitted(
        await apply(
          10,
          streamed(1, { content: "on" }),
          streamed(2, { content: "off" }),
          streamed(3, { content: "on" }),
        ),
      );
    },
    right: ["10", "11", "12"],
    off: { identity: byContent },
  },
  {
    name: "records that are no rows go by their own rules: passed, or ignored, without a claim",
    async play(options) {
      const { apply } = await lane(options);
      const outcomes = await apply(10, { kind: "ignored" }, { kind: "pass" }, { kind: "pass" });
      return [emitted(outcomes), dropped(outcomes)];
    },
    right: [["11", "12"], { ignored: 1 }],
    off: { identity: mutant(() => "change") },
  },
  {
    name: "128 bits do not collide",
    async play(options) {
      const { apply } = await lane(options);
      const many = Array.from({ length: 300 }, (_, i): Said => ({ id: `${i}` }));
      return emitted(await apply(0, ...many)).length;
    },
    right: 300,
    off: { hash: xxh8 },
  },
];

describe("what the plain rule gets wrong", () => {
  test.each(CASES)("$name", async ({ off, on = {}, play, right }) => {
    expect(await play(on)).toEqual(right);
    expect(await play(off), "its rule is switched off, and nobody notices").not.toEqual(right);
  });

  // Its other half, that a log or a partition count changed, is the runtime's: packages/core/test/lane-start.test.ts.
  test("null keys on a topic of several partitions stop the lane: copies would land in different ones", async () => {
    const played = async (partitions: number) => {
      const player = new Player({ identity: debeziumIdentity(), partitions });
      await player.play(sent("a", { key: null, after: "x" }));
      return player.emitted;
    };
    await expect(played(2)).rejects.toMatchObject({ code: "LANE_NULL_KEY" });
    // With the rule switched off, by a lane that does not know of the others, each lane emits its copy.
    expect([...(await played(1)), ...(await played(1))]).toEqual([0, 0]);
  });
});
