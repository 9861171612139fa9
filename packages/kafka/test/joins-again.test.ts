import { createPipeline } from "@tandem-cdc/core";
import { createTopics, developmentCluster, kafkaTransport } from "@tandem-cdc/kafka";
import { expect, it, vi } from "vitest";
import { Membership } from "../src/internal/membership.ts";
import { within } from "./support.ts";

it("a stop while a member joins again, and no broker answers, ends in bounded time", async () => {
  const cluster = await developmentCluster();
  const client = { "bootstrap.servers": cluster.bootstrap };
  await createTopics(client, [{ topic: "one", partitions: 4 }]);
  const connect = vi.spyOn(Membership.prototype, "connect");
  const notices: string[] = [];
  const transport = kafkaTransport({ name: "p", topics: ["one"], client, onNotice: (text) => notices.push(text) });
  const pipeline = createPipeline({ name: "p", transport, transforms: [] });
  const stop = new AbortController();
  const assigned = new Promise<void>((resolve) => pipeline.on("assigned", () => resolve()));
  const ended = pipeline.run({ signal: stop.signal }).catch(() => undefined);
  await assigned;
  await cluster.close();
  const member = connect.mock.contexts[0] as Membership;
  member.client.emit("event.error", { code: 82, message: "fenced by another consumer" });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(notices).toContainEqual(expect.stringContaining("joining again"));
  stop.abort();
  await within(60_000, ended);
}, 90_000);
