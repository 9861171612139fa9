import { optionsOf } from "@tandem-cdc/chaos";
import { describe, expect, it } from "vitest";

describe("the arguments of chaos", () => {
  it("have defaults", () => {
    expect(optionsOf([])).toEqual({ minutes: 2, store: "redis", seed: 1, rate: 5_000, json: false });
  });

  it("say what is asked for", () => {
    const args = ["--minutes", "0.5", "--store", "cassandra", "--seed", "7", "--rate", "800", "--json"];
    expect(optionsOf(args)).toEqual({ minutes: 0.5, store: "cassandra", seed: 7, rate: 800, json: true });
    expect(optionsOf(["--logs", "folder"])).toMatchObject({ logs: "folder" });
    expect(optionsOf(["--soak"])).toMatchObject({ soak: true });
    expect(optionsOf(["--naive"]).store).toBe("naive");
  });

  it.each([
    [["--minutes", "soon"], /--minutes has to be a number from 0.5 on, not "soon"/],
    [["--minutes", "0"], /--minutes/],
    [["--seed", "1.5"], /--seed has to be a whole number/],
    [["--rate", "-1"], /--rate/],
    [["--store", "memory"], /--store has to be redis, cassandra, rocksdb, not "memory"/],
    [["--naive", "--store", "cassandra"], /--naive keeps its keys in Redis/],
    [["--what"], /--what/],
  ])("are refused when they are wrong: %s", (args, advice) => {
    expect(() => optionsOf(args)).toThrow(advice);
  });
});
