import { mariadbConnector } from "@tandem-cdc/testbed";
import { describe, expect, it } from "vitest";
import { connectAlike, connectPair, connectRunning, connectSettings } from "../src/doctor/checks/connect-checks.ts";
import type { Connector } from "../src/doctor/connect-rest.ts";
import type { Patient } from "../src/doctor/patient.ts";
import { Resource } from "../src/doctor/resource.ts";
import { patientOf, said } from "./patient.ts";
import { put, type Tree } from "./support.ts";

const KAFKA = { bootstrap: "127.0.0.1:9092" };

/** The pair that the real tests run, as Connect's REST interface tells it. */
function connector(
  name: string,
  change: Readonly<Record<string, string>> = {},
  states = ["RUNNING", "RUNNING"],
): Connector {
  const port = name === "a" ? 3306 : 3307;
  const of = mariadbConnector({ name, port, kafka: KAFKA, database: "shop", serverId: port });
  const converters = { "key.converter": JSON_CONVERTER, "value.converter": JSON_CONVERTER };
  return { name, at: "http://127.0.0.1:8083", config: { ...of, ...converters, name, ...change }, states };
}
const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";

function withConnectors(connectors: readonly Connector[], change: (config: Tree) => void = () => undefined): Patient {
  const patient = patientOf({}, (c) => {
    put(c, ["dedup", "sources"], { header: "connector", names: ["a", "b"] });
    change(c);
  });
  const found = new Resource(
    () => "",
    async () => ({ connectors, silent: [] }),
  );
  Object.defineProperty(patient, "connect", { value: ["http://127.0.0.1:8083"] });
  return Object.defineProperty(patient, "connectors", { value: found });
}

const b = (change: Readonly<Record<string, string>>): readonly Connector[] => [connector("a"), connector("b", change)];

describe("two connectors", () => {
  it("that are alike are fine", async () => {
    const pair = withConnectors(b({}));
    expect(await said(connectPair, pair)).toEqual(["ok a, b write to the input topics"]);
    expect(await said(connectRunning, pair)).toEqual(["ok 2 connectors with all tasks"]);
    expect(await said(connectAlike, pair)).toEqual(["ok a, b are configured alike"]);
    expect(await said(connectSettings, pair)).toEqual(["ok 2 connectors with fitting settings"]);
  });

  it.each([
    [
      "topic.prefix",
      "other",
      /^failure topic\.prefix is "cdc" on a and "other" on b: they write to different topics.* -> /,
    ],
    [
      "message.key.columns",
      "shop.orders:id",
      /^failure message\.key\.columns is not set on a and .*: copies have different keys/,
    ],
    ["table.include.list", "shop.orders", /^failure table\.include\.list is not set on a and "shop\.orders" on b -> /],
    ["decimal.handling.mode", "double", /^failure decimal\.handling\.mode is "string" on a and "double" on b/],
    ["value.converter.schemas.enable", "false", /^failure value\.converter\.schemas\.enable/],
    ["snapshot.mode", "no_data", /^warning snapshot\.mode is "initial" on a and "no_data" on b/],
    ["max.batch.size", "4096", /^warning max\.batch\.size/],
    ["exactly.once.support", "required", /^warning exactly\.once\.support/],
  ])("that differ in %s are told", async (key, value, says) => {
    const lines = await said(connectAlike, withConnectors(b({ [key]: value })));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(says);
  });

  it("show no secret in which they differ", async () => {
    const secret = { "database.history.token": "5Jx9", "some.url": "http://me:5Jx9@host", "database.password": "5Jx9" };
    const lines = await said(connectAlike, withConnectors(b(secret)));
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain("5Jx9");
  });

  it("of different prefixes are what a merge joins", async () => {
    const pair = b({ "topic.prefix": "other" });
    const patient = withConnectors(pair);
    Object.defineProperty(patient, "config", {
      value: { ...patient.config, dedup: { ...patient.config.dedup, mode: "merge" } },
    });
    expect(await said(connectAlike, patient)).toEqual(["ok a, b are configured alike"]);
  });

  it("need a header each, of their own, that is expected", async () => {
    expect(await said(connectPair, withConnectors(b({ transforms: "" })))).toEqual([
      expect.stringMatching(/^failure connector b adds no header connector: .* -> add to b: .*InsertHeader/),
    ]);
    expect(await said(connectPair, withConnectors(b({ "transforms.who.value.literal": "a" })))).toEqual([
      expect.stringMatching(/^failure connectors a and b both call themselves a -> /),
    ]);
    expect(await said(connectPair, withConnectors(b({ "transforms.who.value.literal": "c" })))).toEqual([
      expect.stringMatching(/^failure connector b calls itself c, which is not in dedup\.sources\.names/),
    ]);
  });

  it("are two", async () => {
    expect(await said(connectPair, withConnectors([connector("a")]))).toEqual([
      expect.stringMatching(/^warning only a writes to the input topics/),
    ]);
    const others = [connector("a"), connector("x", { "topic.prefix": "crm", transforms: "" })];
    expect(await said(connectPair, withConnectors(others))).toEqual([expect.stringMatching(/^warning only a writes/)]);
  });

  it("run, with their tasks", async () => {
    const of = (...states: string[]) =>
      said(connectRunning, withConnectors([connector("a"), connector("b", {}, states)]));
    expect(await of("RUNNING", "FAILED")).toEqual([
      expect.stringMatching(/^failure connector b is FAILED -> curl -X POST .*\/connectors\/b\/restart\?/),
    ]);
    expect(await of("PAUSED", "PAUSED")).toEqual([
      expect.stringMatching(/^failure .*PAUSED -> curl -X PUT .*\/resume/),
    ]);
    expect(await of("RUNNING")).toEqual([expect.stringMatching(/^failure connector b is without a task/)]);
  });
});

describe("a connector's settings", () => {
  it.each([
    ["poll.interval.ms", "500", /^warning connector b waits 500 ms .* -> set poll\.interval\.ms=20 on b/],
    ["max.batch.size", "9000", /^failure connector b has max\.batch\.size 9000/],
    ["max.batch.size", "10", /^warning connector b sends batches of 10/],
    ["snapshot.mode", "always", /^warning connector b takes a snapshot at every start/],
    ["snapshot.mode", "initial_only", /^failure connector b stops after its snapshot/],
    ["tombstones.on.delete", "false", /^warning connector b sends no tombstones.* -> set dedup\.tombstones: drop/],
    [
      "key.converter",
      "io.apicurio.registry.utils.converter.AvroConverter",
      /^failure .*AvroConverter.*json -> set input\.format: avro/,
    ],
    ["value.converter", "org.apache.kafka.connect.storage.StringConverter", /^failure .*StringConverter/],
    ["heartbeat.interval.ms", "0", /^warning connector b sends no heartbeats/],
    ["errors.tolerance", "all", /^warning connector b leaves out/],
  ])("%s %s", async (key, value, says) => {
    const lines = await said(connectSettings, withConnectors(b({ [key]: value })));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(says);
  });

  it("of transactions that end late", async () => {
    const change = { "exactly.once.support": "required", "transaction.boundary": "interval" };
    expect(await said(connectSettings, withConnectors(b(change)))).toEqual([
      expect.stringMatching(/^warning .*bounded by interval.* -> set transaction\.boundary=poll/),
    ]);
  });
});
