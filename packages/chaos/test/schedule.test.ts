import { type Fault, FAULTS, type Place, schedule, type ScheduleOptions } from "@tandem-cdc/chaos";
import { describe, expect, it } from "vitest";

const MINUTE: ScheduleOptions = { seed: 1, store: "redis", fromMs: 3_000, untilMs: 55_000 };

function at(place: Place, faults: readonly Fault[]): Fault[] {
  return faults.filter((fault) => fault.place === place);
}

describe("a schedule of faults", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(schedule(MINUTE)).toEqual(schedule(MINUTE));
    expect(schedule({ ...MINUTE, seed: 2 })).not.toEqual(schedule(MINUTE));
  });

  it("of a longer run begins as that of a shorter one", () => {
    const short = at("instances", schedule(MINUTE));
    expect(at("instances", schedule({ ...MINUTE, untilMs: 600_000 })).slice(0, short.length)).toEqual(short);
  });

  it("has a fault every few seconds, and none before or after the time given", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const faults = schedule({ ...MINUTE, seed });
      expect(faults.length).toBeGreaterThanOrEqual(10);
      for (const { atMs, holdMs } of faults) {
        expect(atMs).toBeGreaterThanOrEqual(MINUTE.fromMs);
        expect(atMs + holdMs).toBeLessThanOrEqual(MINUTE.untilMs);
      }
    }
  });

  it("never has two faults of one place at a time", () => {
    const faults = schedule({ ...MINUTE, untilMs: 600_000 });
    for (const place of Object.keys(FAULTS) as Place[]) {
      const here = at(place, faults);
      for (const [i, fault] of here.entries())
        expect(fault.atMs).toBeGreaterThan((here[i - 1]?.atMs ?? 0) + (here[i - 1]?.holdMs ?? 0));
    }
  });

  it("has every kind within ten minutes, and each kind of a place before any comes again", () => {
    const faults = schedule({ ...MINUTE, untilMs: 600_000 });
    for (const place of Object.keys(FAULTS) as Place[]) {
      const kinds = FAULTS[place];
      // What comes first among the instances is given.
      const bag = at(place, faults).slice(place === "instances" ? 1 : 0);
      expect(new Set(bag.slice(0, kinds.length).map(({ kind }) => kind))).toEqual(new Set(kinds));
    }
  });

  it("with RocksDB leaves one instance alone with its store", () => {
    const kinds = new Set(schedule({ ...MINUTE, store: "rocksdb", untilMs: 600_000 }).map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(
      [
        "brokerHalted",
        "brokerKilled",
        "clockJumped",
        "kafkaCut",
        "kafkaHung",
        "kafkaSlow",
        "killed",
        "rollingRestart",
        "zombie",
      ].toSorted(),
    );
  });
});
