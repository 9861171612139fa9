import { TandemError } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { heldStore, LANE, type Life, Scene, types } from "./scene.ts";

function numbered(count: number, prefix = "r"): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`);
}

/** The order in which these events first came. */
function sequence(life: Life, ...wanted: string[]): string[] {
  return types(life).filter((type, i, all) => wanted.includes(type) && all.indexOf(type) === i);
}

describe("transactions (DESIGN 2.2)", () => {
  it("outputs, lane state and offsets become visible together, or none of them does", async () => {
    const scene = new Scene();
    scene.send("x", "y");
    const life = scene.start();
    await scene.until(() => scene.committed() === 0);
    scene.faults.order("commit-request-lost");
    await scene.until(() => types(life).includes("aborted"));
    // Everything lay in the log, and nothing of it could be seen.
    expect(scene.kafka.log({ topic: "dedup.in", partition: 0 }).end).toBeGreaterThanOrEqual(2);
    expect({ output: scene.output(), state: scene.state()?.nextOffset, committed: scene.committed() ?? 0 }).toEqual({
      output: [],
      state: 0,
      committed: 0,
    });
    await scene.until(() => scene.done);
    expect({ output: scene.output(), state: scene.state()?.nextOffset, committed: scene.committed() }).toEqual({
      output: ["x", "y"],
      state: 2,
      committed: 2,
    });
  });

  it.each(["produce-abortable", "offsets-abortable", "commit-abortable"] as const)(
    "after an abortable error (%s) it aborts, rewinds to the last commit and goes on with the same producer",
    async (fault) => {
      const scene = new Scene();
      scene.send(...numbered(5));
      const life = scene.start();
      await scene.until(() => scene.committed() === 0);
      scene.faults.order(fault);
      await scene.until(() => scene.done);
      expect(sequence(life, "aborted", "rewound", "producerRenewed")).toEqual(["aborted", "rewound"]);
      expect(life.events.find((event) => event.type === "rewound")).toMatchObject({
        lanes: [{ lane: LANE, offset: 0 }],
      });
      expect(scene.output()).toEqual(numbered(5));
    },
  );

  it.each([
    ["produce-fatal", 0],
    ["offsets-unknown", 0],
    ["commit-request-lost", 0],
    ["commit-answer-lost", 5],
  ] as const)(
    "after a fatal error or an unknown outcome (%s) there is a new producer, and then a rewind to what did commit (%i)",
    async (fault, offset) => {
      const scene = new Scene();
      scene.send(...numbered(5));
      const life = scene.start();
      await scene.until(() => scene.committed() === 0);
      scene.faults.order(fault);
      await scene.until(() => types(life).includes("rewound"));
      expect(sequence(life, "aborted", "producerRenewed", "rewound")).toEqual([
        "aborted",
        "producerRenewed",
        "rewound",
      ]);
      expect(life.events.find((event) => event.type === "rewound")).toMatchObject({ lanes: [{ lane: LANE, offset }] });
      await scene.until(() => scene.done);
      expect(scene.output()).toEqual(numbered(5));
    },
  );

  it("an abort whose outcome is unknown gets a new producer too", async () => {
    const scene = new Scene();
    scene.send(...numbered(5));
    const life = scene.start();
    await scene.until(() => scene.committed() === 0);
    scene.faults.order("produce-abortable");
    scene.faults.order("abort-unknown");
    await scene.until(() => scene.done);
    expect(sequence(life, "aborted", "producerRenewed", "rewound")).toEqual(["aborted", "producerRenewed", "rewound"]);
    expect(scene.output()).toEqual(numbered(5));
  });

  it("a zombie commits nothing: its lanes went to another member while it stood still", async () => {
    const scene = new Scene();
    const held = heldStore();
    scene.send(...numbered(5));
    const zombie = scene.start("0", { keyStore: held.wrap });
    await scene.until(() => held.waiting === 1);
    zombie.process.freeze();
    held.release();
    const other = scene.start("1");
    await scene.until(() => scene.done);
    scene.send(...numbered(5, "s"));
    zombie.process.revive();
    await scene.until(() => scene.done);
    await scene.pass(40_000);
    expect(scene.output()).toEqual([...numbered(5), ...numbered(5, "s")]);
    expect({ zombie: zombie.ended, other: other.ended }).toEqual({ zombie: undefined, other: undefined });
  });

  it("a second live instance with the same id is refused with advice", async () => {
    const scene = new Scene();
    scene.send("x");
    const first = scene.start("0");
    await scene.until(() => scene.done);
    const second = scene.start("0");
    await scene.until(() => first.ended !== undefined || second.ended !== undefined);
    const refused = first.ended ?? second.ended;
    expect(refused).toBeInstanceOf(TandemError);
    expect(refused).toMatchObject({
      code: "INSTANCE_FENCED",
      message: expect.stringContaining("same name and instance"),
    });
  });

  it("a revoked lane's transaction has ended before somebody else gets the lane, and its prepared work is thrown away", async () => {
    const scene = new Scene();
    scene.send(...numbered(5));
    const first = scene.start("1");
    await scene.until(() => scene.committed() === 0);
    scene.faults.order("offsets-unknown");
    await scene.until(() => scene.kafka.log({ topic: "dedup.in", partition: 0 }).end > 0);
    // A member whose name sorts first takes the only lane, while the transaction waits for its answer.
    const second = scene.start("0");
    await scene.until(() => types(second).includes("assigned"));
    const output = scene.kafka.log({ topic: "dedup.in", partition: 0 });
    expect(output.lastStable).toBe(output.end);
    expect(sequence(first, "aborted", "producerRenewed", "revoked")).toEqual(["aborted", "producerRenewed", "revoked"]);
    await scene.until(() => scene.done);
    expect(scene.output()).toEqual(numbered(5));
  });
});

const refuses = ({ value }: { readonly value: Uint8Array | null }): boolean =>
  Buffer.from(value ?? []).toString() === "poison";

describe("a record that the broker refuses (DESIGN 2.2)", () => {
  const texts = [...numbered(40), "poison", ...numbered(40, "s")];

  it("is found by halving, and stops the pipeline when nothing is tolerated", async () => {
    const scene = new Scene();
    scene.send(...texts);
    const life = scene.start("0", { refuses });
    await scene.until(() => life.ended !== undefined, 300_000);
    expect(life.ended).toMatchObject({ code: "RECORD_POISON", message: expect.stringContaining("in-0@40") });
    expect(types(life).filter((type) => type === "aborted").length).toBeLessThan(30);
    expect(scene.output()).toEqual(numbered(40));
  });

  it("becomes a dead letter when all is tolerated, and the others flow", async () => {
    const scene = new Scene();
    scene.send(...texts);
    const life = scene.start("0", { refuses, errors: { tolerance: "all", deadLetterTopic: "dead" } });
    await scene.until(() => scene.done, 300_000);
    await scene.pass(1_000);
    expect(scene.output()).toEqual(texts.filter((text) => text !== "poison"));
    expect(scene.output("dead")).toHaveLength(1);
    expect(life.events.filter((event) => event.type === "rejected")).toMatchObject([{ offset: 40 }]);
  });
});

describe("memory (DESIGN 2.2)", () => {
  it("is bounded: a full lane is paused, and resumed after commits", async () => {
    const scene = new Scene();
    const held = heldStore();
    const large = numbered(3_000).map((text) => text + "x".repeat(1_500));
    scene.send(...large);
    const life = scene.start("0", { keyStore: held.wrap, maxBufferedBytes: 1_048_576, pollRecords: 50 });
    await scene.until(() => types(life).includes("paused"));
    await scene.pass(30_000);
    const read = life.events.reduce((sum, event) => sum + (event.type === "polled" ? event.bytes : 0), 0);
    expect(read).toBeLessThan(1_048_576 + 50 * 1_600);
    held.release();
    await scene.until(() => scene.done);
    expect(types(life)).toContain("resumed");
    expect(scene.output()).toEqual(large);
  });

  it("is bounded anew after a rebalance: a lane that was full when it was taken away is read when it comes back", async () => {
    const scene = new Scene();
    const held = heldStore();
    const large = numbered(1_500).map((text) => text + "x".repeat(1_500));
    scene.send(...large);
    const life = scene.start("1", { keyStore: held.wrap, maxBufferedBytes: 1_048_576, pollRecords: 50 });
    await scene.until(() => types(life).includes("paused"));
    expect(types(life)).not.toContain("resumed");
    // A member whose name sorts first takes the only lane, and dies before it has done anything.
    const other = scene.start("0", { keyStore: held.wrap });
    await scene.until(() => types(other).includes("assigned"));
    other.process.kill();
    held.release();
    await scene.until(() => types(life).filter((type) => type === "assigned").length > 1);
    await scene.until(() => scene.done);
    expect(scene.output()).toEqual(large);
  });
});
