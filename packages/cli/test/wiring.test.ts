import { contentIdentity, debeziumIdentity, jsonFormat } from "@tandem-cdc/debezium";
import { dedup } from "@tandem-cdc/dedup";
import { kafkaTransport } from "@tandem-cdc/kafka";
import { beforeEach, expect, it, vi } from "vitest";
import { assemble } from "../src/run/assemble.ts";
import { least, parse, problems, put, type Tree } from "./support.ts";

vi.mock("@tandem-cdc/debezium", { spy: true });
vi.mock("@tandem-cdc/dedup", { spy: true });
vi.mock("@tandem-cdc/kafka", { spy: true });
beforeEach(() => {
  for (const spy of [contentIdentity, debeziumIdentity, dedup]) vi.mocked(spy).mockClear();
});

/** Makes a pipeline of the least configuration with these keys. */
async function assembled(keys: Record<string, Tree[string]>): Promise<void> {
  const text = least((c) => Object.entries(keys).forEach(([key, value]) => put(c, key.split("."), value)));
  const { transport } = await assemble(parse(text).config, {
    configFile: "tandem.yaml",
    observer: { observe: () => undefined },
    onNotice: () => undefined,
  });
  await transport.close();
}

const TWO_DAYS = 172_800_000;

it.each([1_000, "1000"])("dedup.bucketWidth, here %o, is the identity's", async (bucketWidth) => {
  await assembled({ "dedup.bucketWidth": bucketWidth, "dedup.sources": { header: "connector" } });
  expect(debeziumIdentity).toHaveBeenCalledWith({
    bucketWidth: 1_000,
    sources: { header: "connector" },
    format: jsonFormat,
    horizonMs: TWO_DAYS,
  });
});

it.each([true, false])("leaveOnStop, here %s, is the transport's", async (leaveOnStop) => {
  await assembled({ leaveOnStop });
  expect(kafkaTransport).toHaveBeenLastCalledWith(expect.objectContaining({ leaveOnStop }));
});

it("what is left out is left to the identity", async () => {
  await assembled({});
  expect(debeziumIdentity).toHaveBeenCalledWith({ format: jsonFormat, horizonMs: TWO_DAYS });
});

it("a connector's name admits that connector only, with its options", async () => {
  await assembled({ "dedup.identity": { use: "mysql", binlog: "one-server" }, "dedup.horizon": "1h" });
  expect(debeziumIdentity).toHaveBeenCalledWith({
    connector: "mysql",
    binlog: "one-server",
    format: jsonFormat,
    horizonMs: 3_600_000,
  });
});

it("the format of the input is the identity's", async () => {
  await assembled({ "input.format": "auto", "input.registry": { url: "http://127.0.0.1:1" } });
  expect(debeziumIdentity).toHaveBeenCalledWith(
    expect.objectContaining({ format: expect.objectContaining({ name: "auto" }) }),
  );
  await assembled({
    "input.format": "avro",
    "input.registry": { url: ["http://127.0.0.1:1"], token: "t", timeoutMs: 5 },
    "dedup.identity": { use: "content", part: "after" },
  });
  expect(contentIdentity).toHaveBeenCalledWith({ part: "after", format: expect.objectContaining({ name: "avro" }) });
});

it.each<[Record<string, Tree[string]>, Record<string, unknown>]>([
  [{}, { late: "dead-letter", lateTopic: "orders.late", horizonMs: TWO_DAYS }],
  [{ errors: { tolerance: "all", deadLetter: { topic: "dead" } } }, { late: "dead-letter", lateTopic: "dead" }],
  [{ "dedup.late": "fail" }, { late: "fail" }],
  [{ "dedup.divergence": { topic: "diverged" } }, { divergence: { topic: "diverged" } }],
  [{ "dedup.shadow": "content" }, { shadow: expect.objectContaining({ name: "content-value" }) }],
  [
    { "dedup.snapshots": "emit", "dedup.tombstones": "drop" },
    { snapshots: "emit", tombstones: "drop" },
  ],
])("%j goes to the dedup stage", async (keys, options) => {
  await assembled(keys);
  expect(dedup).toHaveBeenCalledWith(expect.objectContaining(options));
});

it.each([0, -1, 1.5, "wide"])("dedup.bucketWidth cannot be %o", (width) => {
  expect(problems(least((c) => put(c, ["dedup", "bucketWidth"], width)))).toEqual([
    expect.stringMatching(/^dedup\.bucketWidth: /),
  ]);
});
