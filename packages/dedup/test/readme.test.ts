import { batchOf, type IdentityStrategy, lastHeader, type PlainRecord } from "@tandem-cdc/core";
import { expect, test } from "vitest";
import { dedup, loadHash, memoryStore } from "../src/index.ts";
import { context, emitted, LANE } from "./support.ts";

const encoder = new TextEncoder();

test("the README's identity strategy and transform", async () => {
  const byEventId: IdentityStrategy = {
    name: "event-id",
    version: 1,
    openLane: () => ({
      identify(batch, i, into) {
        const id = lastHeader(batch, i, "event-id");
        if (id === undefined || id === null) return new Error('header "event-id" is missing');
        into.bytes(id);
        return "change";
      },
      state: () => undefined,
    }),
  };
  const transform = dedup({
    identity: byEventId,
    keyStore: memoryStore({ horizonMs: 2 * 24 * 3_600_000 }),
    hash: await loadHash(),
  });

  const told = context();
  await transform.openLane?.(told);
  const record = (offset: number, id: string): PlainRecord => ({
    offset,
    timestamp: 1,
    key: null,
    value: null,
    headers: [{ key: "event-id", value: encoder.encode(id) }],
  });
  const batch = batchOf(LANE, [record(1, "x"), record(2, "y"), record(3, "x")]);
  expect(emitted(await transform.apply(batch, told))).toEqual(["1†", "2†"]);
});
