import { type Outcomes, OutcomesBuilder, select, type Transform } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

describe("order (DESIGN 2.3)", () => {
  it("output is in the order of first occurrence, also over aborts and outages", async () => {
    const scene = new Scene();
    const input = Array.from({ length: 200 }, () => `v${scene.random.below(60)}`);
    const life = scene.start("0", { pollRecords: 7 });
    for (let i = 0; i < input.length; i += 20) {
      scene.send(...input.slice(i, i + 20));
      scene.faults.order(
        scene.random.pick(["commit-abortable", "commit-answer-lost", "store-timeout-after-write", "poll-failed"]),
      );
      scene.down = i % 60 === 0;
      await scene.pass(3_000);
    }
    scene.down = false;
    await scene.until(() => scene.done);
    expect(life.ended).toBeUndefined();
    expect(scene.output()).toEqual([...new Set(input)]);
  });

  it("transforms may drop, change, add and reroute: what they make keeps the lane's order", async () => {
    const scene = new Scene();
    scene.send("1", "2", "3", "4", "5");
    const busy: Transform = {
      name: "busy",
      apply(batch) {
        const outcomes = new OutcomesBuilder("busy", batch);
        for (let i = 0; i < batch.length; i++) {
          const number = Number(decoder.decode(batch.value(i) ?? new Uint8Array(0)));
          if (number === 2) outcomes.drop(i, "two");
          if (number === 3) outcomes.replace(i, [{ value: encoder.encode("3a") }, {}, { value: encoder.encode("3c") }]);
          if (number === 4) outcomes.replace(i, [{ topic: "elsewhere" }]);
        }
        return outcomes.done();
      },
    };
    await scene.process({ after: [busy] });
    expect({ here: scene.output(), elsewhere: scene.output("dedup.elsewhere") }).toEqual({
      here: ["1", "3a", "3", "3c", "5"],
      elsewhere: ["4"],
    });
  });

  it.each<[string, (length: number) => Int32Array]>([
    ["reorders the lane", (length) => Int32Array.from({ length }, (_, i) => length - 1 - i)],
    ["loses records without a reason", (length) => Int32Array.from({ length: length - 1 }, (_, i) => i)],
  ])("a transform that %s fails the pipeline, and nothing of it comes out", async (what, made) => {
    const scene = new Scene();
    scene.send("1", "2", "3");
    const wrong: Transform = {
      name: "wrong",
      apply: (batch): Outcomes => {
        const index = made(batch.length);
        return {
          next: select(batch, index),
          origins: what.startsWith("re") ? index : null,
          dropped: [],
          rejected: [],
          diverted: [],
        };
      },
    };
    const life = await scene.process({ after: [wrong] });
    expect(life.ended).toMatchObject({ code: "TRANSFORM_FAILED" });
    expect(scene.output()).toEqual([]);
  });
});
