import type { IdentityStrategy } from "@tandem-cdc/core";
import { describe, expect, test } from "vitest";
import {
  contentIdentity,
  customIdentity,
  fieldsIdentity,
  headerIdentity,
  ignoreIdentity,
  passIdentity,
  rules,
} from "../src/index.ts";
import { type Delivery, Player } from "./player.ts";

const encoder = new TextEncoder();
const bytes = (text: string | null): Uint8Array | null => (text === null ? null : encoder.encode(text));

function record(value: string | null, key: string | null = '{"id":1}', headers: Record<string, string> = {}): Delivery {
  return {
    key: bytes(key),
    value: bytes(value),
    headers: Object.entries(headers).map(([name, text]) => ({ key: name, value: encoder.encode(text) })),
  };
}

async function played(identity: IdentityStrategy, ...deliveries: readonly Delivery[]): Promise<Player> {
  const player = new Player({ identity });
  await player.play(...deliveries);
  return player;
}

const whyRejected = ({ rejected }: Player): string[] =>
  rejected.map(({ cause }) => `${(cause as Error & { code: string }).code}: ${cause.message}`);

describe("content", () => {
  test("copies are told by decoded values, whatever the order of fields, and to the last digit", async () => {
    const player = await played(
      contentIdentity(),
      record('{"a":1,"n":9007199254740993}'),
      record('{ "n": 9007199254740993.0, "a": 1 }'),
      record('{"a":1,"n":9007199254740992}'),
      record('{"a":1,"n":9007199254740993}', '{"id":2}'),
    );
    expect(player.emitted).toEqual([0, 2, 3]);
  });

  test("fields that are excepted do not count", async () => {
    const copies = [record('{"a":1,"source":{"ts_ms":1,"db":"x"}}'), record('{"a":1,"source":{"ts_ms":2,"db":"x"}}')];
    expect((await played(contentIdentity(), ...copies)).emitted).toEqual([0, 1]);
    expect((await played(contentIdentity({ except: ["source.ts_ms"] }), ...copies)).emitted).toEqual([0]);
  });

  test("of the row after, of a delete the row before; of the key alone", async () => {
    const events = [
      record('{"before":null,"after":{"a":1},"ts_ms":1}'),
      record('{"before":{"a":0},"after":{"a":1},"ts_ms":2}'),
      record('{"before":{"a":1},"after":null,"ts_ms":3}'),
      record('{"before":{"a":1},"after":null,"ts_ms":4}'),
    ];
    expect((await played(contentIdentity({ part: "after" }), ...events)).emitted).toEqual([0, 2]);
    expect((await played(contentIdentity({ part: "key" }), ...events)).emitted).toEqual([0]);
    expect(whyRejected(await played(contentIdentity({ part: "after" }), record('{"a":1}')))).toEqual([
      expect.stringMatching(/^RECORD_UNIDENTIFIABLE.*neither after nor before/),
    ]);
  });

  test("a tombstone is rejected, and the reason names the ways out", async () => {
    expect(whyRejected(await played(contentIdentity(), record(null)))).toEqual([
      expect.stringMatching(/^RECORD_UNIDENTIFIABLE.*use: header.*tombstones\.on\.delete/),
    ]);
  });

  test("a record without a key stops a lane of several partitions", async () => {
    const player = new Player({ identity: contentIdentity(), partitions: 3 });
    await expect(player.play(record("{}", null))).rejects.toMatchObject({ code: "LANE_NULL_KEY" });
  });
});

describe("fields", () => {
  const order = (id: number, more: string, headers = {}): Delivery =>
    record(`{"order":{"id":${id}},"more":${more}}`, '{"id":7,"seen":1}', headers);

  test("of the value, the key and the headers together are the identity", async () => {
    const identity = fieldsIdentity({ fields: ["order.id", "value.order.id", "key.id", "header.x", "key"] });
    const player = await played(
      identity,
      order(1, "1", { x: "a" }),
      order(1, "2", { x: "a" }),
      order(1, "1", { x: "b" }),
      order(2, "1", { x: "a" }),
    );
    expect(player.emitted).toEqual([0, 2, 3]);
  });

  test.each([
    ["order.id", record('{"order":{}}')],
    ["order.id", record('{"order":{"id":null}}')],
    ["order.id", record(null)],
    ["key.id", record("{}", null)],
    ["header.x", record("{}")],
    ["key", record("{}", null)],
  ])("a record without %s is rejected, never identified by the rest", async (field, delivery) => {
    expect(whyRejected(await played(fieldsIdentity({ fields: [field] }), delivery))).toEqual([
      expect.stringMatching(`RECORD_UNIDENTIFIABLE: field "${field}" is missing or null`),
    ]);
  });

  test("a damaged value is rejected; the next record is read anew", async () => {
    const player = await played(
      fieldsIdentity({ fields: ["id"] }),
      record('{"id":'),
      record('{"id":1}'),
      record('{"id":2}'),
    );
    expect(player.emitted).toEqual([1, 2]);
    expect(whyRejected(player)).toEqual([expect.stringMatching(/^RECORD_MALFORMED/)]);
  });

  test("none at all are a mistake", () => expect(() => fieldsIdentity({ fields: [] })).toThrow(TypeError));
});

test("a header identifies, and its absence rejects", async () => {
  const player = await played(
    headerIdentity({ header: "event-id" }),
    record("1", null, { "event-id": "x" }),
    record("2", null, { "event-id": "x" }),
    record(null, null, { "event-id": "y" }),
    record("3", null),
  );
  expect(player.emitted).toEqual([0]);
  expect(player.output.map(({ offset }) => offset)).toEqual([0, 2]);
  expect(whyRejected(player)).toEqual([expect.stringMatching(/header "event-id" is missing/)]);
});

test("pass lets every copy go on, ignore none", async () => {
  expect((await played(passIdentity(), record("1"), record("1"))).emitted).toEqual([0, 1]);
  const ignored = await played(ignoreIdentity(), record("1"), record("1"));
  expect(ignored.emitted).toEqual([]);
  expect(ignored.counts.get("ignored")).toBe(2);
});

describe("rules by topic", () => {
  const identity = rules([
    { topics: ["cdc.heartbeat"], use: ignoreIdentity() },
    {
      topics: [/^cdc\.shop\..*/g, "other"],
      use: rules([
        { topics: ["other"], use: passIdentity() },
        { topics: [/./], use: contentIdentity() },
      ]),
    },
  ]);

  test("the first that matches is in force, each time it is asked, with its own name", () => {
    for (const topic of ["cdc.shop.orders", "cdc.shop.orders", "cdc.shop.items"])
      expect(identity.forTopic?.(topic).name).toBe("content-value");
    expect(identity.forTopic?.("cdc.heartbeat").name).toBe("ignore");
    expect(identity.forTopic?.("other").name).toBe("pass");
  });

  test("a topic without one stops with advice that names it", () => {
    expect(() => identity.forTopic?.("cdc.unknown")).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(/"cdc\.unknown".*dedup\.identity/),
      }),
    );
  });

  test("also where the strategy is opened without asking for the topic's own", async () => {
    expect((await played({ ...identity, name: "wrapped" }, record("{}"), record("{}"))).emitted).toEqual([0]);
  });
});

describe("a function of one's own", () => {
  const identity = customIdentity({
    name: "my-identity",
    version: 1,
    identify: ({ value }) =>
      value === null ? new Error("no value") : value.length === 0 ? null : value.subarray(0, 1),
  });

  test("gives bytes or text; null and errors reject", async () => {
    const player = await played(identity, record("a1"), record("a2"), record("b1"), record(null), record(""));
    expect(player.emitted).toEqual([0, 2]);
    expect(whyRejected(player)).toEqual([
      "RECORD_UNIDENTIFIABLE: no value",
      'RECORD_UNIDENTIFIABLE: identity strategy "my-identity" found no identity in this record',
    ]);
  });

  test.each([
    ["a value of type number", 7],
    ["a value of type boolean", true],
    ["a value of type bigint", 7n],
    ["a value of type object", { id: 7 }],
    ["a list", ["a"]],
    ["a promise", Promise.resolve("a")],
  ])("%s is no identity: taken for one, every record would be the same change", async (kind, given) => {
    const wrong = customIdentity({ name: "mine", version: 1, identify: () => given as never });
    const player = await played(wrong, record("a"), record("b"));
    expect(player.emitted).toEqual([]);
    expect(whyRejected(player)[0]).toContain(`identity strategy "mine" gave ${kind}`);
  });

  test("nothing given rejects the record too", async () => {
    const nothing = customIdentity({ name: "mine", version: 1, identify: () => undefined as never });
    expect(whyRejected(await played(nothing, record("a")))[0]).toContain("found no identity in this record");
  });

  test("what it throws rejects the record and says whose it was", async () => {
    const failing = customIdentity({
      name: "mine",
      version: 1,
      identify() {
        throw new TypeError("undefined is not a function");
      },
    });
    expect(whyRejected(await played(failing, record("a")))).toEqual([
      'RECORD_UNIDENTIFIABLE: identity strategy "mine" failed: undefined is not a function',
    ]);
  });
});
