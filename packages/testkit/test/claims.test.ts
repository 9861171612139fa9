import { type ClaimBatch, DIGEST_BYTES, type KeyStore, OutcomesBuilder, type Transform } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { ownerStore } from "../src/index.ts";
import { heldStore, LANE, Scene, types } from "./scene.ts";

function claimsOf(key: number, ...coordinates: number[]): ClaimBatch {
  return {
    length: coordinates.length,
    digests: new Uint8Array(coordinates.length * DIGEST_BYTES).fill(key),
    buckets: new Float64Array(coordinates.length),
    coordinates: Float64Array.from(coordinates),
    fingerprints: new Uint32Array(coordinates.length),
  };
}

const signal = new AbortController().signal;

describe("claims (DESIGN 2.1)", () => {
  it("a crash after the claim and before the commit loses nothing: the record finds itself the owner", async () => {
    const scene = new Scene();
    scene.send("x", "y", "x");
    const dying = scene.start("0", {
      keyStore: (store, process) => ({
        ...store,
        async claim(lane, claims, signal) {
          const owners = await store.claim(lane, claims, signal);
          process.kill();
          return owners;
        },
      }),
    });
    await scene.until(() => !dying.process.alive);
    await scene.pass(1_000);
    expect({ claims: scene.store.size, output: scene.output() }).toEqual({ claims: 2, output: [] });
    await scene.process();
    expect(scene.output()).toEqual(["x", "y"]);
  });

  it("a claim is durable before the transaction that emits its record commits", async () => {
    const scene = new Scene();
    const held = heldStore();
    scene.send("x");
    const life = scene.start("0", { keyStore: held.wrap });
    await scene.until(() => held.waiting === 1);
    await scene.pass(30_000);
    expect({ output: scene.output(), committed: scene.committed(), claims: scene.store.size }).toEqual({
      output: [],
      committed: 0,
      claims: 0,
    });
    held.release();
    await scene.until(() => scene.output().length === 1);
    expect(life.ended).toBeUndefined();
  });

  it("claims of a lane take effect in order: none is sent before all earlier ones are durable", async () => {
    const scene = new Scene();
    const held = heldStore();
    scene.send("a", "b");
    scene.start("0", { keyStore: held.wrap, pollRecords: 1 });
    await scene.until(() => held.waiting === 1);
    scene.send("c", "d", "e");
    await scene.pass(10_000);
    expect(held.claimed).toEqual([0]);
    held.release();
    await scene.until(() => scene.done);
    expect(held.claimed).toEqual([0, 1, 2, 3, 4]);
  });

  it("the smaller coordinate wins: it takes the key from a larger one, and keeps it", async () => {
    const store = ownerStore();
    const claim = async (coordinate: number): Promise<number | undefined> =>
      (await store.claim(LANE, claimsOf(7, coordinate), signal)).coordinates[0];
    expect([await claim(7), await claim(5), await claim(7), await claim(5)]).toEqual([7, 5, 5, 5]);
  });

  it("a record whose key a larger coordinate holds (a fenced instance was ahead) is emitted", async () => {
    const scene = new Scene();
    scene.send("x", "y", "x");
    const ahead: KeyStore["claim"] = async (lane, claims, signal) => {
      // Somebody else has read on: the later copy of x holds its key already.
      await scene.store.claim(lane, { ...claims, length: 1, coordinates: Float64Array.of(2) }, signal);
      return scene.store.claim(lane, claims, signal);
    };
    await scene.process({ keyStore: (store) => ({ ...store, claim: ahead }) });
    expect(scene.output()).toEqual(["x", "y"]);
  });

  it("a store that cannot answer stops the lane: nothing is guessed, nothing is lost, and it goes on by itself", async () => {
    const scene = new Scene();
    scene.send("x", "y", "x");
    scene.down = true;
    const life = scene.start();
    await scene.until(() => types(life).includes("stalled"));
    scene.send("z");
    await scene.pass(60_000);
    expect({ output: scene.output(), committed: scene.committed(), ended: life.ended }).toEqual({
      output: [],
      committed: 0,
      ended: undefined,
    });
    scene.down = false;
    await scene.until(() => scene.done);
    expect(scene.output()).toEqual(["x", "y", "z"]);
  });

  it.each([
    "store-timeout-after-write",
    "store-partial-write",
    "store-late-write",
    "store-timeout-before-write",
  ] as const)(
    "a write whose outcome is unknown (%s) is resolved by claiming again as the same owner",
    async (fault) => {
      const scene = new Scene();
      scene.send("x", "y", "x", "z");
      scene.faults.order(fault, 3);
      const life = scene.start();
      await scene.until(() => scene.done);
      expect(scene.output()).toEqual(["x", "y", "z"]);
      expect(scene.faults.counts.get(fault)).toBe(3);
      expect(types(life)).not.toContain("stalled");
    },
  );

  it("a deliberate rewind gives the same output again", async () => {
    const scene = new Scene();
    scene.send("x", "y", "x", "z", "y");
    await scene.process();
    const first = scene.output();
    scene.setOffset(null);
    // A replay resets the lane's state.
    scene.kafka
      .log({ topic: "scene.lanes", partition: 0 })
      .append({ key: new TextEncoder().encode("in-0"), value: null, headers: [], timestamp: 0 });
    await scene.process();
    expect(first).toEqual(["x", "y", "z"]);
    expect(scene.output()).toEqual([...first, ...first]);
  });

  it("a record that claimed its key and is rejected later becomes a dead letter inside the transaction, once", async () => {
    const scene = new Scene();
    scene.send("x", "bad", "y", "bad");
    const picky: Transform = {
      name: "picky",
      apply(batch) {
        const outcomes = new OutcomesBuilder("picky", batch);
        for (let i = 0; i < batch.length; i++)
          if (Buffer.from(batch.value(i) ?? []).equals(Buffer.from("bad"))) outcomes.reject(i, new Error("bad"));
        return outcomes.done();
      },
    };
    scene.faults.order("commit-abortable");
    scene.faults.order("commit-request-lost");
    await scene.process({ after: [picky], errors: { tolerance: "all", deadLetterTopic: "dead" } });
    expect({ output: scene.output(), dead: scene.output("dead") }).toEqual({ output: ["x", "y"], dead: ["bad"] });
    const [letter] = scene.kafka.log({ topic: "dead", partition: 0 }).read(0);
    const told = new Map(letter?.headers.map(({ key, value }) => [key, String(Buffer.from(value ?? []))]));
    expect([told.get("tandem.stage"), told.get("__connect.errors.offset")]).toEqual(["picky", "1"]);
    expect(told.get("tandem.key")).toMatch(/^0:[0-9a-f]{32}$/);
    expect(scene.kafka.log({ topic: "dead", partition: 0 }).end).toBeGreaterThanOrEqual(2);
  });
});
