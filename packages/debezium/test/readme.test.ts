import { expect, test } from "vitest";
import { ChangeEvent, customIdentity, debeziumIdentity, fieldsIdentity, rules, SOURCE_FIELD } from "../src/index.ts";
import { sent } from "./events.ts";
import { Player } from "./player.ts";

test("the README's identity", async () => {
  const identity = debeziumIdentity({ sources: { header: "connector", names: ["a", "b"] } });
  const player = new Player({ identity });
  await player.play(sent("a", { after: "S1" }), sent("b", { after: "S1" }));
  expect(player.emitted).toEqual([0]);
});

test("the README's view", () => {
  const { value } = sent("a", { op: "u", before: "S1", after: "S2", sequence: 44 });
  if (value === null) throw new Error("an event is expected");
  const event = new ChangeEvent();
  event.read(value);
  expect(event.op).toBe("u");
  expect(event.sourceText(SOURCE_FIELD.gtid)).toBe("0-101-44");
  expect(Buffer.from(event.after ?? []).toString()).toBe('{"id":1,"status":"S2"}');
});

test("strategies by topic", () => {
  const identity = rules([
    { topics: ["cdc.shop.orders"], use: debeziumIdentity() },
    { topics: [/^events\./], use: fieldsIdentity({ fields: ["order.id", "header.version"] }) },
    { topics: ["audit"], use: customIdentity({ name: "audit", version: 1, identify: ({ key }) => key }) },
  ]);
  expect(["cdc.shop.orders", "events.x", "audit"].map((topic) => identity.forTopic?.(topic).name)).toEqual([
    "debezium",
    "fields",
    "audit",
  ]);
});
