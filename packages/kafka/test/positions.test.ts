import { expect, it } from "vitest";
import { Positions } from "../src/internal/positions.ts";

const A = { topic: "a", partition: 0 };
const B = { topic: "b", partition: 0 };

it("a lane counts as silent when nothing came from it between two looks", () => {
  const positions = new Positions();
  positions.start(A, 5);
  positions.start(B, 7);
  expect(positions.look()).toEqual([]);
  positions.reached(A, 9);
  expect(positions.look()).toEqual([{ lane: B, offset: 7 }]);
  expect(positions.look()).toEqual([
    { lane: A, offset: 9 },
    { lane: B, offset: 7 },
  ]);
});

it("a paused lane is not silent, and is given time when it is resumed", () => {
  const positions = new Positions();
  positions.start(A, 5);
  positions.paused(A, true);
  expect([...positions.look(), ...positions.look(), ...positions.look()]).toEqual([]);
  positions.paused(A, false);
  expect(positions.look()).toEqual([]);
  expect(positions.look()).toHaveLength(1);
});

it("the end of a partition counts as read, and nothing moves back but by a new start", () => {
  const positions = new Positions();
  positions.start(A, 5);
  positions.reached(A, 9);
  positions.reached(A, 8);
  expect(positions.next(A)).toBe(9);
  positions.start(A, 6);
  expect(positions.next(A)).toBe(6);
  positions.drop(A);
  positions.reached(A, 10);
  expect(positions.next(A)).toBeUndefined();
});
