import { available, type RegistryServer, startRegistry } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { avroFormat, schemaRegistry } from "../src/index.ts";
import { ENVELOPE } from "./envelope.ts";
import { payloadOf, prepared } from "./payloads.ts";

const { ok } = await available(["registry"]);
const user = { username: "ann", password: "s3cret", token: "t0ken" };

describe.skipIf(!ok)("a real schema registry", () => {
  let server: RegistryServer;
  beforeAll(async () => {
    server = await startRegistry({ user });
  });
  afterAll(() => server?.stop());

  it("gives back what was registered, references resolved", async () => {
    const registry = schemaRegistry({ url: server.url });
    const address = { type: "record", name: "Address", namespace: "shop", fields: [{ name: "city", type: "string" }] };
    const order = {
      type: "record",
      name: "Order",
      namespace: "shop",
      fields: [
        { name: "id", type: "long" },
        { name: "to", type: "Address" },
      ],
    };
    await registry.register("shop.Address", address);
    const reference = { name: "shop.Address", subject: "shop.Address", version: 1 };
    const id = await registry.register("orders-value", order, [reference]);
    expect(await registry.register("orders-value", order, [reference])).toBe(id);

    const another = schemaRegistry({ url: server.url });
    const { type } = await another.schema(id);
    expect(type.fields[1]?.type.fields.map(({ name }) => name)).toEqual(["city"]);
    expect(await another.subjects()).toEqual(expect.arrayContaining(["shop.Address", "orders-value"]));
  });

  it("reads a change by the schema that its bytes name", async () => {
    const registry = schemaRegistry({ url: server.url });
    const id = await registry.register("cdc.shop.orders-value", ENVELOPE);
    const change = payloadOf(ENVELOPE, { ...EMPTY, op: "c" }, id);
    const projection = await prepared(avroFormat({ registry }), ["op", "source.table"], [change]);
    projection.read(change);
    expect([projection.text(0), projection.text(1)]).toEqual(["c", "orders"]);
  });

  it("does not know every id", async () => {
    const asked = schemaRegistry({ url: server.url }).schema(999_999);
    await expect(asked).rejects.toMatchObject({ code: "RECORD_SCHEMA_UNKNOWN" });
  });

  it("lets in who has a password or a token, and nobody else", async () => {
    const url = server.guardedUrl;
    if (url === undefined) throw new Error("the registry has no guard");
    const { token, ...basic } = user;
    for (const options of [basic, { token }])
      expect(await schemaRegistry({ url, ...options }).subjects()).toContain("orders-value");
    for (const options of [{}, { token: "other" }, { ...basic, password: "other" }])
      await expect(schemaRegistry({ url, ...options }).subjects()).rejects.toMatchObject({ code: "REGISTRY_REFUSED" });
  });
});

const EMPTY = {
  before: null,
  after: null,
  source: {
    version: "3.5.0.Final",
    connector: "mariadb",
    name: "cdc",
    ts_ms: 1n,
    snapshot: { string: "false" },
    db: "shop",
    sequence: null,
    ts_us: null,
    ts_ns: null,
    table: { string: "orders" },
    server_id: 1n,
    gtid: null,
    file: "bin.000001",
    pos: 4n,
    row: 0,
    thread: null,
    query: null,
  },
  transaction: null,
  ts_ms: null,
  ts_us: null,
  ts_ns: null,
};
