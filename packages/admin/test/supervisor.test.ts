import { TandemError } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { supervise } from "../src/index.ts";
import { Broker, LANE, running, until, untilState } from "./support.ts";

/** A broker whose pipeline fails at its second life. */
function failing(): { readonly broker: Broker; readonly lives: () => number; readonly create: () => never } {
  let lives = 0;
  return {
    broker: new Broker(),
    lives: () => lives,
    create: () => {
      lives++;
      throw new TandemError("STORE_FULL", "the store is full");
    },
  };
}

describe("a supervised pipeline", () => {
  it("is paused and resumed: nothing comes out meanwhile, and then all of it, once", async () => {
    const broker = new Broker();
    broker.input.push("a");
    const { pipeline } = running(broker);
    await until(() => broker.output.length === 1);
    pipeline.pause();
    await untilState(pipeline, "PAUSED");
    broker.input.push("b", "c");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(broker.output).toEqual(["a"]);
    pipeline.resume();
    await until(() => broker.output.length > 1);
    await untilState(pipeline, "RUNNING");
    expect(broker.output).toEqual(["a", "b", "c"]);
  });

  it("is stopped and started again, made anew", async () => {
    const broker = new Broker();
    broker.input.push("a");
    let lives = 0;
    const { pipeline } = running(broker, { create: () => (lives++, broker.pipeline()) });
    await until(() => broker.output.length === 1);
    pipeline.stop();
    await untilState(pipeline, "STOPPED");
    expect(pipeline.status().lanes).toEqual([]);
    broker.input.push("b");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(broker.output).toEqual(["a"]);
    pipeline.restart();
    await until(() => broker.output.length > 1);
    pipeline.restart();
    expect(pipeline.status().state).toBe("RESTARTING");
    await untilState(pipeline, "RUNNING");
    broker.input.push("c");
    await until(() => broker.output.length > 2);
    expect([lives, broker.output]).toEqual([3, ["a", "b", "c"]]);
    expect(pipeline.topics()).toEqual({ inputs: [LANE.topic], outputs: [`dedup.${LANE.topic}`] });
  });

  it("stays on hold over a restart, and begins on hold when it is paused while it is stopped", async () => {
    const broker = new Broker();
    broker.input.push("a");
    const { pipeline } = running(broker);
    pipeline.pause();
    await untilState(pipeline, "PAUSED");
    pipeline.restart();
    await untilState(pipeline, "RESTARTING");
    await untilState(pipeline, "PAUSED");
    pipeline.stop();
    await untilState(pipeline, "STOPPED");
    pipeline.pause();
    await untilState(pipeline, "PAUSED");
    expect(broker.output).toEqual([]);
    pipeline.stop();
    await untilState(pipeline, "STOPPED");
    pipeline.resume();
    await until(() => broker.output.length > 0);
    expect(broker.output).toEqual(["a"]);
  });

  it("that fails ends the run, as without a supervisor", async () => {
    const { broker, create } = failing();
    const { ended, pipeline } = running(broker, { create });
    expect(await ended).toMatchObject({ code: "STORE_FULL" });
    expect(pipeline.status()).toMatchObject({ state: "FAILED", lastError: { code: "STORE_FULL" } });
    expect(() => pipeline.restart()).toThrow(expect.objectContaining({ code: "PIPELINE_STATE" }));
  });

  it("that is kept alive stays failed, until it is restarted or stopped", async () => {
    const { broker, create, lives } = failing();
    let broken = true;
    const { pipeline } = running(broker, { keepAlive: true, create: () => (broken ? create() : broker.pipeline()) });
    await untilState(pipeline, "FAILED");
    expect(() => pipeline.resume()).toThrow(/is FAILED rather than .* restart it/);
    expect(() => pipeline.pause()).toThrow(expect.objectContaining({ code: "PIPELINE_STATE" }));
    pipeline.restart();
    await until(() => lives() === 2);
    await untilState(pipeline, "FAILED");
    pipeline.stop();
    await untilState(pipeline, "STOPPED");
    broken = false;
    pipeline.restart();
    await untilState(pipeline, "RUNNING");
    expect(pipeline.status().lastError).toBeNull();
  });

  it("is not waited for when it is told to stop while it is made", async () => {
    let wanted: AbortSignal | undefined;
    const pipeline = supervise({
      name: "orders",
      create: (signal, waiting) =>
        new Promise((_, reject) => {
          wanted = signal;
          waiting(new TandemError("STORE_UNAVAILABLE", "the store is not there"));
          signal.addEventListener("abort", () => reject(new Error("the store is not there")));
        }),
    });
    expect(pipeline.status().state).toBe("NEW");
    const stop = new AbortController();
    const run = pipeline.run({ signal: stop.signal });
    expect(pipeline.status()).toMatchObject({ state: "STARTING", lastError: { code: "STORE_UNAVAILABLE" } });
    pipeline.stop();
    expect(wanted?.aborted).toBe(true);
    await untilState(pipeline, "STOPPED");
    pipeline.restart();
    await untilState(pipeline, "STARTING");
    stop.abort();
    await run;
    expect(pipeline.status().state).toBe("STOPPED");
    expect(() => pipeline.restart()).toThrow("its process ends");
  });

  it("is run once", async () => {
    const { pipeline } = running(new Broker());
    await expect(pipeline.run()).rejects.toThrow(TypeError);
  });
});
