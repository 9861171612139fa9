import { createTopics, existingTopics, openReader, openWriter } from "@tandem-cdc/kafka";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Tandem } from "./command.ts";
import { change } from "./log.ts";
import { file, folder } from "./support.ts";

const { ok } = await available(["kafka"]);

let kafka: KafkaCluster;
beforeAll(async () => {
  kafka = await startKafka({ autoCreateTopics: false });
});
afterAll(() => kafka?.stop());

const TOPIC = "cdc.shop.orders";
const CHANGES = 2_000;
const KEYS = 7;
const decoder = new TextDecoder();

/** As Debezium's documentation and Connect's have it, with a route behind. */
const pasted = (): string => `
name: unwrapped
kafka: { bootstrap.servers: "${kafka.bootstrap}" }
input: { topics: ["${TOPIC}"] }
dedup:
  sources: { header: connector, names: [a, b] }
  store: { type: level, path: "${folder()}" }
metrics: { enabled: false }

transforms=unwrap,source,route,mask
transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
transforms.unwrap.delete.tombstone.handling.mode=rewrite
transforms.unwrap.add.fields=op,table,source.gtid:gtid
transforms.source.type=org.apache.kafka.connect.transforms.InsertField$Value
transforms.source.static.field=from
transforms.source.static.value=shop
transforms.route.type=org.apache.kafka.connect.transforms.RegexRouter
transforms.route.regex=cdc\\\\.shop\\\\.(.*)
transforms.route.replacement=flat.$1
transforms.mask.type=org.apache.kafka.connect.transforms.MaskField$Value
transforms.mask.fields=status
transforms.mask.replacement=***
transforms.mask.predicate=isOrder
transforms.mask.negate=true
predicates=isOrder
predicates.isOrder.type=org.apache.kafka.connect.transforms.predicates.TopicNameMatches
predicates.isOrder.pattern=flat\\\\..*
errors.tolerance=all
errors.deadletterqueue.topic.name=unwrapped.dead
`;

interface Row {
  readonly id: number;
  readonly status: string;
  readonly __op: string;
  readonly __table: string;
  readonly __gtid: string;
  readonly __deleted: string;
  readonly from: string;
}

describe.skipIf(!ok)("a pipeline with transforms pasted from a connector", () => {
  it("flattens every change once, over kill -9", async () => {
    const client = { "bootstrap.servers": kafka.bootstrap };
    const outputs = ["dedup.flat.orders", "unwrapped.dead"];
    await createTopics(
      client,
      [TOPIC, ...outputs].map((topic) => ({ topic, partitions: 1, config: {} })),
    );
    while (!(await existingTopics(client)).includes(outputs[1] ?? "")) await pause(100);
    const writer = await openWriter(client);
    for (let sequence = 1; sequence <= CHANGES; sequence++)
      for (const source of ["a", "b"]) {
        const record = change({ source, sequence, key: sequence % KEYS, after: `${sequence}`, atMs: sequence });
        if (record !== null) await writer.write({ ...record, topic: TOPIC, partition: 0 });
      }
    await writer.flush();
    await writer.close();

    const config = file(pasted());
    const rows: Row[] = [];
    const reader = await openReader(client, outputs[0] ?? "");
    for (let tries = 0; rows.length < CHANGES; tries++) {
      const { child } = new Tandem(["run", "--config", config]);
      const deadline = Date.now() + 60_000;
      // Two of them are killed while records come.
      const enough = tries < 2 ? Math.min(rows.length + 200, CHANGES) : CHANGES;
      while (rows.length < enough && Date.now() < deadline)
        for (const { value } of await reader.read()) rows.push(JSON.parse(decoder.decode(value ?? undefined)) as Row);
      child.kill("SIGKILL");
      if (tries > 5) break;
    }
    await reader.close();
    expect(rows.map(({ __gtid }) => __gtid)).toEqual(Array.from({ length: CHANGES }, (_, i) => `0-101-${i + 1}`));
    expect(rows[0]).toEqual({
      id: 1,
      status: "1",
      __deleted: "false",
      __op: "u",
      __table: "orders",
      __gtid: "0-101-1",
      from: "shop",
    });
  }, 180_000);
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
