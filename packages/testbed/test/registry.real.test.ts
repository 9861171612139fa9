import { available, type RegistryServer, startRegistry } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const { ok } = await available(["registry"]);

const user = { username: "tandem", password: "se:cret", token: "t0ken" };
let registry: RegistryServer;
beforeAll(async () => {
  registry = await startRegistry({ user });
});
afterAll(() => registry?.stop());

async function ask(url: string, authorization?: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(url, { headers: authorization === undefined ? {} : { authorization } });
  return { status: answer.status, body: await answer.json() };
}

describe.skipIf(!ok)("a schema registry of the testbed", () => {
  const schema = '{"type":"record","name":"Row","fields":[{"name":"id","type":"long"}]}';

  it("gives a schema an id, and the schema by its id", async () => {
    const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ schema }) };
    const given = (await (await fetch(`${registry.url}/subjects/rows-value/versions`, post)).json()) as { id: number };
    const { body, status } = await ask(`${registry.url}/schemas/ids/${given.id}`);
    expect({ status, schema: JSON.parse((body as { schema: string }).schema) }).toEqual({
      status: 200,
      schema: JSON.parse(schema),
    });
  });

  it("asks who is there at its guarded address, and only there", async () => {
    const subjects = `${registry.guardedUrl}/subjects`;
    expect((await ask(subjects)).status).toBe(401);
    expect((await ask(subjects, "Bearer wrong")).status).toBe(401);
    const basic = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;
    expect(await ask(subjects, basic)).toEqual({ status: 200, body: ["rows-value"] });
    expect(await ask(subjects, `Bearer ${user.token}`)).toEqual({ status: 200, body: ["rows-value"] });
    expect((await ask(`${registry.url}/subjects`)).status).toBe(200);
  });
});
