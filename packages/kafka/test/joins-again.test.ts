import { createPipeline } from "@tandem-cdc/core";
import { createTopics, developmentCluster, kafkaTransport } from "@tandem-cdc/kafka";
import { expect, it, onTestFinished, vi } from "vitest";
import { LaneStates } from "../src/internal/lane-states.ts";
import { Membership } from "../src/internal/membership.ts";
import { within } from "./support.ts";

it.each([
  ["asks who took its place", "looking for who took its place"],
  ["joins again", "joining again"],
])(
  "a stop while a refused member %s, and no broker answers, ends in bounded time",
  async (_, told) => {
    const cluster = await developmentCluster();
    const client = { "bootstrap.servers": cluster.bootstrap };
    await createTopics(client, [{ topic: "one", partitions: 4 }]);
    const connect = vi.spyOn(Membership.prototype, "connect");
    onTestFinished(() => void vi.restoreAllMocks());
    const notices: string[] = [];
    const transport = kafkaTransport({ name: "p", topics: ["one"], client, onNotice: (text) => notices.push(text) });
    const pipeline = createPipeline({ name: "p", transport, transforms: [] });
    const stop = new AbortController();
    const assigned = new Promise<void>((resolve) => pipeline.on("assigned", () => resolve()));
    const ended = pipeline.run({ signal: stop.signal }).catch(() => undefined);
    await assigned;
    await cluster.close();
    if (told === "joining again") vi.spyOn(LaneStates.prototype, "newest").mockResolvedValue(new Map());
    const member = connect.mock.contexts.at(-1) as Membership;
    member.client.emit("event.error", { code: 82, message: "fenced by another consumer" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(notices).toContainEqual(expect.stringContaining(told));
    stop.abort();
    await within(60_000, ended);
  },
  90_000,
);
