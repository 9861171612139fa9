import { describe, expect, it } from "vitest";
import { blockStoreConformance, type ConformanceTest, keyStoreConformance, packedMaker, report } from "../src/index.ts";
import { mapBlockStore, mapKeyStore, memoryMaker, SHARED } from "./stores.ts";
import { wrongBlockStores } from "./wrong-block-stores.ts";
import { wrongKeyStores } from "./wrong-key-stores.ts";

const right: readonly (readonly [string, readonly ConformanceTest[]])[] = [
  ["the memory store", keyStoreConformance(memoryMaker)],
  ["a key store by the book", keyStoreConformance(mapKeyStore())],
  ["packed over a block store by the book", keyStoreConformance(packedMaker(mapBlockStore()))],
  ["a block store by the book", blockStoreConformance(mapBlockStore())],
];
describe.each(right)("%s passes", (_, tests) => {
  for (const { name, run } of tests) it(name, run);
});

async function failure(tests: readonly ConformanceTest[], name: string): Promise<unknown> {
  const test = tests.find((t) => t.name === name);
  if (test === undefined) throw new Error(`the suite has no test "${name}"`);
  return test.run().then(
    () => null,
    (error: unknown) => error,
  );
}

describe("a wrong key store fails:", () => {
  it.each(wrongKeyStores)("%s", async (_, maker, caught) => {
    expect(await failure(keyStoreConformance(maker), caught)).toBeInstanceOf(Error);
  });
});

describe("a wrong block store fails:", () => {
  it.each(wrongBlockStores)("%s", async (_, maker, caught) => {
    expect(await failure(blockStoreConformance(maker), caught)).toBeInstanceOf(Error);
  });
});

it("reports which guarantees a store buys", () => {
  expect(report(memoryMaker.manifest)).toBe(`memory
  a restart                           claims are lost: duplicates, never loss
  kill -9 of the process              claims are lost: duplicates, never loss
  a power cut                         claims are lost: duplicates, never loss
  loss of the machine                 claims are lost: duplicates, never loss
  another instance takes a lane over  finds none: duplicates, never loss`);
  expect(report(SHARED)).toContain("loss of a node of the store         claims are kept");
});
