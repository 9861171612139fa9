import {
  commitOffset,
  createTopic,
  deleteTopic,
  type Outgoing,
  Reader,
  startStore,
  type StoreProcess,
  type TandemProcess,
  Writer,
} from "@tandem-cdc/acceptance";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configFile, drained, runTandem, send, type Workload, workload } from "./support.ts";

const { ok } = await available(["kafka"]);

let kafka: KafkaCluster;
let store: StoreProcess;
beforeAll(async () => {
  kafka = await startKafka();
  store = await startStore();
});
afterAll(async () => {
  await store?.stop();
  await kafka?.stop();
});

/** Runs until everything is out, and stops. */
async function processed(name: string, load: Workload): Promise<void> {
  const config = configFile({ bootstrap: kafka.bootstrap, name, topic: load.topic, storePort: store.port });
  const tandem = runTandem(config.path);
  await send(kafka.bootstrap, load, load.sent);
  expect(await drained(kafka.bootstrap, load.topic, load.changes.length)).toBe(load.changes.length);
  expect(await tandem.stop()).toBe(0);
  config.remove();
}

/** Runs until it ends by itself; what it said last. */
async function refusal(
  name: string,
  topic: string,
  more = "",
): Promise<{ readonly code: number | null; readonly message: string }> {
  const config = configFile({ bootstrap: kafka.bootstrap, name, topic, storePort: store.port, more });
  const tandem = runTandem(config.path);
  const timer = setTimeout(() => tandem.kill("SIGKILL"), 90_000);
  const code = await tandem.exited;
  clearTimeout(timer);
  config.remove();
  return { code, message: tandem.stderr.join("\n") };
}

describe.skipIf(!ok)("an input topic that is not what it was", () => {
  it("is refused after a rewind of the group's offset, with the reason", async () => {
    const load = await workload(kafka.bootstrap, 500, 1, 31);
    await processed("rewound", load);
    await commitOffset(kafka.bootstrap, "rewound", load.topic, 0, 10);
    const { code, message } = await refusal("rewound", load.topic);
    expect({ code, message }).toMatchObject({
      code: 1,
      message: expect.stringMatching(/LANE_OFFSET_REWOUND.*lies below \d+, up to which this pipeline has emitted/),
    });
  });

  it("is refused after it was re-created, with the reason", async () => {
    const load = await workload(kafka.bootstrap, 500, 1, 37);
    await processed("recreated", load);
    await deleteTopic(kafka.bootstrap, load.topic);
    await createTopic(kafka.bootstrap, load.topic, 1);
    await send(kafka.bootstrap, load, load.sent.toReversed());
    const { code, message } = await refusal("recreated", load.topic);
    expect({ code, message }).toMatchObject({ code: 1, message: expect.stringMatching(/re-created/) });
  });

  it("is refused when a record before the committed offset is another one (offsets kept, log rewritten)", async () => {
    const load = await workload(kafka.bootstrap, 500, 1, 41);
    await processed("rewritten", load);
    const reader = await Reader.open(kafka.bootstrap, load.topic);
    const end = (await reader.readAll()).length;
    await reader.close();
    await deleteTopic(kafka.bootstrap, load.topic);
    await createTopic(kafka.bootstrap, load.topic, 1);
    await send(kafka.bootstrap, load, [...load.sent.toReversed(), ...load.sent]);
    await commitOffset(kafka.bootstrap, "rewritten", load.topic, 0, end);
    const { code, message } = await refusal("rewritten", load.topic);
    expect({ code, message }).toMatchObject({ code: 1, message: expect.stringContaining("LANE_ANCHOR_MISMATCH") });
  });
});

const KEY = Buffer.from('{"id":1}');
const HEADERS = [{ connector: "a" }];

/** A good change event, so that what comes after a bad record can be seen to flow. */
function good(sequence: number): Outgoing {
  const source = {
    connector: "mariadb",
    db: "shop",
    table: "orders",
    gtid: `0-1-${sequence}`,
    file: "bin.000001",
    pos: sequence,
    row: 0,
    snapshot: "false",
  };
  return {
    partition: 0,
    key: KEY,
    headers: HEADERS,
    value: Buffer.from(JSON.stringify({ before: null, after: { sequence }, source, op: "c", ts_ms: 1 })),
  };
}

const MALFORMED: readonly (readonly [what: string, record: Outgoing, said: RegExp])[] = [
  [
    "bytes that are not JSON",
    { partition: 0, key: KEY, headers: HEADERS, value: Buffer.from([0xff, 0x00, 0x7b]) },
    /not JSON/,
  ],
  ["a truncated event", { ...good(1), value: good(1).value?.subarray(0, 150) ?? null }, /not JSON/],
  [
    "JSON without a source block",
    { partition: 0, key: KEY, headers: HEADERS, value: Buffer.from('{"status":"BEGIN"}') },
    /no source block/,
  ],
  ["an empty value", { partition: 0, key: KEY, headers: HEADERS, value: Buffer.from("x").subarray(0, 0) }, /empty/],
  [
    "a huge value",
    { partition: 0, key: KEY, headers: HEADERS, value: Buffer.from(`[${'{"a":'.repeat(150_000)}`) },
    /not JSON/,
  ],
  ["neither key nor value", { partition: 0, key: null, headers: HEADERS, value: null }, /neither key nor value/],
  ["an event without the source header", { ...good(1), headers: [] }, /header "connector" is missing/],
];

async function topicWith(name: string, partitions: number, records: readonly Outgoing[]): Promise<void> {
  await createTopic(kafka.bootstrap, name, partitions);
  const writer = await new Writer(kafka.bootstrap, name).open();
  for (const record of records) await writer.write(record);
  await writer.close();
}

describe.skipIf(!ok)("malformed input", () => {
  it.each(MALFORMED)("%s stops the pipeline with a clear error", async (what, record, said) => {
    const topic = `bad.${what.replaceAll(" ", "-")}`;
    await topicWith(topic, 1, [good(1), record, good(2)]);
    const { code, message } = await refusal(topic.replace("bad.", "stop-"), topic);
    expect({ code, message }).toMatchObject({ code: 1, message: expect.stringMatching(said) });
    expect(message).toContain(`${topic}-0@1`);
  });

  it("goes to the dead letter topic when all is tolerated, and everything else flows", async () => {
    const bad = MALFORMED.map(([, record]) => record);
    await topicWith(
      "bad.tolerated",
      1,
      bad.flatMap((record, i) => [good(i + 10), record]),
    );
    const config = configFile({
      bootstrap: kafka.bootstrap,
      name: "tolerant",
      topic: "bad.tolerated",
      storePort: store.port,
      more: "errors: { tolerance: all, deadLetter: { topic: dead } }\n",
    });
    const tandem: TandemProcess = runTandem(config.path);
    expect(await drained(kafka.bootstrap, "bad.tolerated", bad.length)).toBe(bad.length);
    const reader = await Reader.open(kafka.bootstrap, "dead");
    const letters = await reader.readAll();
    await reader.close();
    expect(await tandem.stop()).toBe(0);
    config.remove();
    expect(letters.map(({ value }) => value?.length ?? -1)).toEqual(bad.map(({ value }) => value?.length ?? -1));
    const [first] = letters;
    const context = Object.fromEntries(
      (first?.headers ?? []).flatMap((header) => Object.entries(header)).map(([name, value]) => [name, String(value)]),
    );
    expect(context).toMatchObject({
      connector: "a",
      "__connect.errors.topic": "bad.tolerated",
      "__connect.errors.offset": "1",
      "__connect.errors.stage": "TRANSFORMATION",
      "tandem.stage": "dedup",
    });
  });

  it("a null key on a topic of several partitions stops the lane with advice", async () => {
    await topicWith("bad.keyless", 3, [{ ...good(1), key: null }]);
    const { code, message } = await refusal("keyless", "bad.keyless");
    expect({ code, message }).toMatchObject({
      code: 1,
      message: expect.stringMatching(/LANE_NULL_KEY.*message\.key\.columns/),
    });
  });
});
