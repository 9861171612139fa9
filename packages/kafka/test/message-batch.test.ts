import { describe, expect, it } from "vitest";
import { batchesOf, MessageBatch } from "../src/internal/message-batch.ts";
import type { Message } from "../src/internal/rdkafka.ts";
import { bytes } from "./support.ts";

function message(topic: string, partition: number, offset: number, more: Partial<Message> = {}): Message {
  return { topic, partition, offset, key: bytes("k"), value: bytes("v"), size: 1, timestamp: 1_000 + offset, ...more };
}

describe("message batches", () => {
  it("group a poll by lane, in order", () => {
    const batches = batchesOf([message("a", 0, 5), message("a-0", 0, 1), message("a", 0, 6), message("a", 1, 9)]);
    expect(batches.map(({ lane, length }) => [lane.topic, lane.partition, length])).toEqual([
      ["a", 0, 2],
      ["a-0", 0, 1],
      ["a", 1, 1],
    ]);
    expect([batches[0]?.offset(0), batches[0]?.offset(1)]).toEqual([5, 6]);
  });

  it("are views of what the client delivered", () => {
    const only = message("a", 3, 5, {
      headers: [{ h: bytes("1") }, { h: bytes("2") }] as unknown as NonNullable<Message["headers"]>,
    });
    const batch = new MessageBatch({ topic: "a", partition: 3 }, [only]);
    expect(batch.value(0)).toBe(only.value);
    expect(batch.key(0)).toBe(only.key);
    expect(batch.timestamp(0)).toBe(1_005);
    expect([batch.topic(), batch.partition()]).toEqual(["a", 3]);
    expect(batch.headers(0)).toEqual([
      { key: "h", value: bytes("1") },
      { key: "h", value: bytes("2") },
    ]);
    expect(() => batch.value(1)).toThrow(RangeError);
  });

  it("keep null apart from empty", () => {
    const batch = new MessageBatch({ topic: "a", partition: 0 }, [
      message("a", 0, 0, { key: null, value: null }),
      message("a", 0, 1, { key: Buffer.alloc(0), value: Buffer.alloc(0) }),
    ]);
    expect([batch.key(0), batch.value(0)]).toEqual([null, null]);
    expect([batch.key(1)?.length, batch.value(1)?.length]).toEqual([0, 0]);
  });

  it("a header called __proto__ is not lost: it cannot be read, and is refused on its way out", () => {
    const header = Object.create(bytes("x")) as Record<string, Buffer>;
    const batch = new MessageBatch({ topic: "a", partition: 0 }, [
      message("a", 0, 0, { headers: [header] as unknown as NonNullable<Message["headers"]> }),
    ]);
    expect(batch.headers(0)).toEqual([{ key: "__proto__", value: null }]);
  });
});
