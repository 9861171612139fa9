import { createTopics, type DevelopmentCluster, developmentCluster } from "@tandem-cdc/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { produceRaw } from "./raw-produce.ts";
import { bytes, fresh, Running, stored } from "./support.ts";

let cluster: DevelopmentCluster;
beforeAll(async () => {
  cluster = await developmentCluster();
});
afterAll(() => cluster?.close());

describe("dev", () => {
  it("new topic", async () => {
    const client = { "bootstrap.servers": cluster.bootstrap };
    await createTopics(client, [{ topic: "in.a", partitions: 4 }]);
    await produceRaw(cluster.bootstrap, "in.a", 2, [{ key: bytes("k"), value: bytes("v"), timestamp: 1234567890123, headers: [["b", Buffer.from([0, 255])], ["null", null]] }]);
    console.log(await stored(cluster.bootstrap, "in.a", 1));
    await produceRaw(cluster.bootstrap, "in.a", 1, [{ key: bytes("k"), value: bytes("v"), timestamp: 1234567890123 , headers: [["null", null]] }]);
    const running = new Running({ name: fresh("p"), topics: [/^in\./], client }, { errors: { tolerance: "all", deadLetterTopic: "dead" } });
    await running.until("first", (r) => r.emitted >= 1);
    console.log(await stored(cluster.bootstrap, "dedup.in.a", 1));
    await createTopics(client, [{ topic: "in.b", partitions: 4 }]);
    await produceRaw(cluster.bootstrap, "in.b", 2, [{ key: bytes("k"), value: bytes("v"), timestamp: 1234567890123 }]);
    await running.until("second", (r) => r.emitted >= 2, 20_000).catch(console.log);
    console.log(await running.stop());
    console.log(running.events.map((e) => e.type).join(" "), running.notices);
  });
});
