import { TandemError } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { type RegistryOptions, schemaRegistry, type SchemaRegistry } from "../src/index.ts";
import { type Answered, type Asked, impatientClock, missing, registryServer } from "./registry-server.ts";

const ORDER = { type: "record", name: "Order", fields: [{ name: "id", type: "long" }] };
const found: Answered = { json: { schema: JSON.stringify(ORDER) } };

function client(url: string | readonly string[], options: Partial<RegistryOptions> = {}): SchemaRegistry {
  return schemaRegistry({ url, clock: impatientClock(), timeoutMs: 2_000, ...options });
}

async function failure(asked: Promise<unknown>): Promise<TandemError> {
  const error = await asked.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TandemError);
  return error as TandemError;
}

const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${error.stack ?? ""} ${textOf(error.cause)}` : String(error);

describe("schemas by id", () => {
  it("are asked for once, by any number of readers", async () => {
    const server = await registryServer(() => found);
    const registry = client(server.url);
    const schemas = await Promise.all([registry.schema(7), registry.schema(7), registry.schema(7)]);
    await registry.schema(7);
    expect(server.asked.map(({ path }) => path)).toEqual(["/schemas/ids/7"]);
    expect(schemas[0]?.type.fields.map(({ name }) => name)).toEqual(["id"]);
  });

  it("that are many and unknown are asked for once each: garbage must not hold up a lane", async () => {
    const server = await registryServer(() => missing);
    const registry = client(server.url);
    for (let id = 0; id < 100; id++) await failure(registry.schema(id));
    expect(server.asked).toHaveLength(8 * 3 + 92);
  });

  it("fail without anybody to hear it where the asker has given up", async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown): unknown => unheard.push(reason);
    process.on("unhandledRejection", hear);
    await client("http://127.0.0.1:1")
      .schema(7, AbortSignal.abort())
      .catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    process.off("unhandledRejection", hear);
    expect(unheard).toEqual([]);
  });

  it("come with the schemas that they refer to, each asked for once", async () => {
    const refer = (name: string) => ({ name, subject: `subject/${name}`, version: 3 });
    const schemas: Record<string, unknown> = {
      "/schemas/ids/7": {
        schema:
          '{"type":"record","name":"Order","fields":[{"name":"to","type":"shop.Address"},{"name":"c","type":"shop.Country"}]}',
        references: [refer("shop.Address"), refer("shop.Country")],
      },
      "/subjects/subject%2Fshop.Address/versions/3": {
        schema: '{"type":"record","name":"Address","namespace":"shop","fields":[{"name":"country","type":"Country"}]}',
        references: [refer("shop.Country")],
      },
      "/subjects/subject%2Fshop.Country/versions/3": {
        schema: '{"type":"enum","name":"Country","namespace":"shop","symbols":["FR"]}',
      },
    };
    const server = await registryServer(({ path }) => ({ json: schemas[path] }));
    const schema = await client(server.url).schema(7);
    expect(schema.type.fields[0]?.type.fields[0]?.type.symbols).toEqual(["FR"]);
    expect(schema.referenced.map((text) => (JSON.parse(text) as { name: string }).name)).toEqual([
      "Country",
      "Address",
    ]);
    expect(server.asked).toHaveLength(3);
  });

  it("that it does not know are asked for thrice before that is believed, and again after a while", async () => {
    const server = await registryServer((_, nth) => (nth <= 3 ? missing : found));
    const clock = impatientClock();
    const registry = client(server.url, { clock, cache: { unknownMs: 1_000 } });
    expect(await failure(registry.schema(7))).toMatchObject({ code: "RECORD_SCHEMA_UNKNOWN", retriable: false });
    clock.time = 999;
    expect(await failure(registry.schema(7))).toMatchObject({ code: "RECORD_SCHEMA_UNKNOWN" });
    expect(server.asked).toHaveLength(3);
    clock.time = 1_000;
    expect((await registry.schema(7)).id).toBe(7);
  });

  it("of another kind, or broken, are the record's fault", async () => {
    for (const json of [
      { schema: "syntax = ...", schemaType: "PROTOBUF" },
      { schema: "{" },
      { schema: '{"type":"record","name":"R","fields":[{"name":"a","type":"Nowhere"}]}' },
      {},
    ]) {
      const server = await registryServer(() => ({ json }));
      expect(await failure(client(server.url).schema(1))).toMatchObject({ code: "RECORD_MALFORMED" });
    }
  });

  it("are waited for no longer than the caller wants, and others go on waiting", async () => {
    const server = await registryServer(() => found);
    const registry = client(server.url);
    const leaving = new AbortController();
    const [left, stayed] = [registry.schema(7, leaving.signal), registry.schema(7)];
    leaving.abort(new Error("revoked"));
    await expect(left).rejects.toThrow("revoked");
    expect((await stayed).id).toBe(7);
  });
});

describe("a registry that is down", () => {
  it.each([429, 500, 503])("is asked again after %i, later each time", async (status) => {
    const clock = impatientClock();
    const server = await registryServer((_, nth) => (nth < 4 ? { status, text: "" } : found));
    expect((await client(server.url, { clock }).schema(7)).id).toBe(7);
    expect(clock.slept).toHaveLength(3);
    expect(clock.slept[2]).toBeGreaterThanOrEqual(200);
  });

  it("is a retriable error in the end", async () => {
    const server = await registryServer(() => ({ status: 500, json: { message: "no database" } }));
    const error = await failure(client(server.url).schema(7));
    expect(error).toMatchObject({ code: "REGISTRY_UNAVAILABLE", retriable: true });
    expect(error.message).toContain("500: no database");
    expect(server.asked).toHaveLength(5);
  });

  it("is one that hangs, one that nobody listens at, and one whose connection breaks", async () => {
    const server = await registryServer(() => "hang");
    const hanging = await failure(client(server.url, { timeoutMs: 30 }).schema(7));
    expect(hanging).toMatchObject({ code: "REGISTRY_UNAVAILABLE", retriable: true });
    expect(hanging.message).toContain("no answer within 30 ms");
    expect(await failure(client("http://127.0.0.1:1").schema(7))).toMatchObject({ code: "REGISTRY_UNAVAILABLE" });
  });

  it("is not remembered: the next question is asked anew", async () => {
    const server = await registryServer((_, nth) => (nth <= 5 ? { status: 500, text: "" } : found));
    const registry = client(server.url);
    await failure(registry.schema(7));
    expect((await registry.schema(7)).id).toBe(7);
  });

  it("is replaced by the next of its urls, which is asked first from then on", async () => {
    const server = await registryServer(() => found);
    const registry = client(["http://127.0.0.1:1", server.url]);
    await registry.schema(7);
    await registry.schema(8);
    expect(server.asked).toHaveLength(2);
  });
});

describe("a registry that refuses", () => {
  it.each([401, 403])("says with %i who has to mend what, once", async (status) => {
    const server = await registryServer(() => ({ status, json: { error_code: status, message: "Unauthorized" } }));
    const error = await failure(client(server.url).schema(7));
    expect(error).toMatchObject({ code: "REGISTRY_REFUSED", retriable: false });
    expect(error.message).toContain("mend user and password, or token");
    expect(server.asked).toHaveLength(1);
  });

  it("is one that is no registry: a wrong path must not reject record after record", async () => {
    for (const answer of [
      { status: 404, text: "<html>" },
      { status: 404, json: { message: "no page" } },
      { text: "<html>" },
      { status: 302, text: "" },
    ]) {
      const server = await registryServer(() => answer);
      expect(await failure(client(server.url).schema(7))).toMatchObject({ code: "REGISTRY_REFUSED", retriable: false });
    }
  });
});

describe("credentials", () => {
  const authorization = async (options: Partial<RegistryOptions>, user = ""): Promise<string | undefined> => {
    const server = await registryServer(() => found);
    await client(server.url.replace("//", `//${user}`), options).schema(7);
    return server.asked[0]?.headers.authorization;
  };
  const basic = (user: string): string => `Basic ${Buffer.from(user).toString("base64")}`;

  it("are sent as they are given", async () => {
    expect(await authorization({ username: "ann", password: "s3:cret" })).toBe(basic("ann:s3:cret"));
    expect(await authorization({}, "ann:p%40ss@")).toBe(basic("ann:p@ss"));
    expect(await authorization({ token: "t0ken" })).toBe("Bearer t0ken");
    expect(await authorization({})).toBeUndefined();
  });

  it("stand in no message, even if the server repeats them", async () => {
    const echo = ({ headers }: Asked): Answered => ({
      status: 403,
      json: { message: `no ${headers.authorization} ann:canary` },
    });
    const refusing = await registryServer(echo);
    const failing = await registryServer((asked) => ({ ...(echo(asked) as object), status: 500 }));
    for (const url of [refusing.url, failing.url, "http://127.0.0.1:1"]) {
      for (const options of [{ username: "ann", password: "canary" }, { token: "canary" }])
        expect(textOf(await failure(client(url, options).schema(7)))).not.toMatch(/canary|YW5uOmNhbmFyeQ/);
      const inUrl = client(url.replace("//", "//ann:canary@"));
      expect(textOf(await failure(inUrl.schema(7)))).not.toMatch(/canary|YW5uOmNhbmFyeQ/);
    }
    expect(() => client("ftp://ann:canary@host")).toThrow(/url 1/);
    expect(() => client("ftp://ann:canary@host")).not.toThrow(/canary/);
  });

  it("and addresses are checked at once", () => {
    for (const options of [
      { url: [] },
      { url: "registry:8081" },
      { url: "http://h?x=1" },
      { url: "http://h", tls: { ca: "x" } },
      { url: "https://h", tls: false },
      { url: "http://h", token: "t", username: "u" },
      { url: "http://h", password: "p" },
      { url: "http://h", timeoutMs: 0 },
    ] satisfies RegistryOptions[])
      expect(() => schemaRegistry(options)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

describe("subjects", () => {
  it("take schemas, each asked for once", async () => {
    const server = await registryServer(() => ({ json: { id: 12 } }));
    const registry = client(`${server.url}/`);
    expect(
      await Promise.all([registry.register("out/x-value", ORDER), registry.register("out/x-value", ORDER)]),
    ).toEqual([12, 12]);
    expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /subjects/out%2Fx-value/versions",
    ]);
    expect(JSON.parse(server.asked[0]?.body ?? "")).toEqual({ schema: JSON.stringify(ORDER), references: [] });
  });

  it("that refuse a schema say why, and are asked again later", async () => {
    const server = await registryServer((_, nth) =>
      nth === 1 ? { status: 409, json: { error_code: 409, message: "incompatible" } } : { json: { id: 12 } },
    );
    const registry = client(server.url);
    expect((await failure(registry.register("s", ORDER))).message).toContain("409: incompatible");
    expect(await registry.register("s", ORDER)).toBe(12);
  });

  it("are listed", async () => {
    const server = await registryServer(() => ({ json: ["a-key", "a-value"] }));
    expect(await client(server.url).subjects()).toEqual(["a-key", "a-value"]);
  });
});
