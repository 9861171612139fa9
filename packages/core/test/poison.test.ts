import { expect, it } from "vitest";
import { Poison } from "../src/runtime/poison.ts";
import { LANE } from "./support.ts";

it("several refused records of a lane are known at once, each until it is committed", () => {
  const poison = new Poison();
  const cause = new Error("refused");
  poison.add(LANE, 5, cause);
  poison.add(LANE, 9, cause);
  expect([...poison.of(LANE).keys()]).toEqual([5, 9]);
  expect(poison.of({ ...LANE, partition: 0 }).size).toBe(0);
  poison.committed(LANE, 9);
  expect([...poison.of(LANE).keys()]).toEqual([9]);
  poison.committed(LANE, 10);
  expect(poison.of(LANE).size).toBe(0);
});
