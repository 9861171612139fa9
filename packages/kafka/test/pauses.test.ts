import type { Lane, StartingPoint } from "@tandem-cdc/core";
import { createTopics, type DevelopmentCluster, developmentCluster, openWriter } from "@tandem-cdc/kafka";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Membership } from "../src/internal/membership.ts";
import { confsOf } from "../src/options.ts";
import { bytes } from "./support.ts";

let cluster: DevelopmentCluster;
beforeAll(async () => {
  cluster = await developmentCluster();
});
afterAll(() => cluster?.close());

const LANE = { topic: "t", partition: 0 };
const RECORDS = 10;

/** The lane with records is not read from its beginning: an offset that is not the one that resuming falls back to. */
function startOf(lane: Lane): StartingPoint {
  return { lane, offset: lane.topic === LANE.topic && lane.partition === LANE.partition ? 2 : 0 };
}

/** Polls until so many records of the lane came. */
async function read(membership: Membership, count: number): Promise<number[]> {
  const offsets: number[] = [];
  const deadline = Date.now() + 15_000;
  while (offsets.length < count && Date.now() < deadline)
    for (const batch of await membership.poll()) for (let i = 0; i < batch.length; i++) offsets.push(batch.offset(i));
  return offsets;
}

it("a lane that was paused when it was taken away is read when it comes back, from where it starts", async () => {
  const client = { "bootstrap.servers": cluster.bootstrap };
  await createTopics(client, [{ topic: "t", partitions: 4 }]);
  const writer = await openWriter(client);
  for (let i = 0; i < RECORDS; i++) await writer.write({ ...LANE, key: null, value: bytes(`${i}`) });
  await writer.close();
  const { consumer } = confsOf({
    name: "paused",
    topics: ["t"],
    client,
    consumer: { "session.timeout.ms": 4_000, "heartbeat.interval.ms": 200 },
  });
  const told: string[] = [];
  const membership = new Membership(
    {
      conf: consumer,
      pollRecords: 100,
      pollWaitMs: 20,
      notice: () => undefined,
      replaced: () => Promise.resolve(false),
    },
    {
      assigned: (lanes) => (told.push("assigned"), Promise.resolve(lanes.map(startOf))),
      revoked: () => (told.push("revoked"), Promise.resolve()),
      failed: (error) => told.push(error.message),
    },
  );
  await membership.connect();
  membership.subscribe(["t"]);
  const offsets = Array.from({ length: RECORDS - 2 }, (_, i) => i + 2);
  expect(await read(membership, offsets.length)).toEqual(offsets);
  membership.pause([LANE]);
  // Another topic: the group is joined again, with everything given up before.
  await createTopics(client, [{ topic: "u", partitions: 4 }]);
  membership.subscribe(["t", "u"]);
  expect(await read(membership, offsets.length)).toEqual(offsets);
  expect(told).toEqual(["assigned", "revoked", "assigned"]);
  await membership.close();
  await membership.disconnect();
});
