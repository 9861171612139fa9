import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createTopics, developmentCluster } from "@tandem-cdc/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tandem } from "./command.ts";
import { registryServer } from "./registry.ts";
import { file, least, put, type Tree } from "./support.ts";

const CANARY = "canary-5Jx9";
const NOBODY = "127.0.0.1:1";

let bootstrap = "";
let close = async (): Promise<void> => undefined;
beforeAll(async () => {
  const cluster = await developmentCluster();
  ({ bootstrap, close } = { bootstrap: cluster.bootstrap, close: () => cluster.close() });
  await createTopics({ "bootstrap.servers": bootstrap }, [{ topic: "cdc.shop.orders", partitions: 1 }]);
});
afterAll(() => close());

/** A configuration, with a module `store.mjs` beside it. */
function configured(store: Tree, { brokers = bootstrap, module = "" } = {}): string {
  const path = file(
    least((c) => {
      put(c, ["kafka", "bootstrap.servers"], brokers);
      put(c, ["dedup", "store"], store);
    }),
    "tandem.json",
  );
  writeFileSync(join(dirname(path), "store.mjs"), module);
  return path;
}

const OWN = { type: "./store.mjs", password: CANARY };
const ILL = `export default ({ password }) => ({
  claim() {}, close() { console.error("closed"); },
  async health() { return { ok: false, detail: "evicts\\n claims of " + password }; },
});`;

describe("tandem validate --connect", () => {
  it("says that the brokers and the store answer, a line each", async () => {
    const path = configured({ type: "memory" });
    const { code, stderr, stdout } = await tandem("validate", "--connect", "--config", path);
    expect(stdout.split("\n").slice(1)).toEqual([
      `ok      kafka: ${bootstrap} answers; input topics there: cdc.shop.orders`,
      "ok      store: memory answers: 0 claims of at most 20000000, in 0 bytes",
      "",
    ]);
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("says it as one JSON line, asks an open store for its health and closes it, and shows no secret", async () => {
    const path = configured(OWN, { module: ILL });
    const { code, stderr, stdout } = await tandem("validate", "--connect", "--json", "--config", path);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      store: "./store.mjs",
      problems: [],
      checks: [
        { name: "kafka", ok: true },
        { name: "store", ok: false, detail: "./store.mjs: evicts claims of ***" },
      ],
    });
    expect([code, stderr]).toEqual([2, "closed\n"]);
  });

  it("asks the schema registry where events are Avro, and shows no secret", async () => {
    const registry = await registryServer({ 1: "string", 2: "long" }, `Bearer ${CANARY}`);
    const with_ = (token: string, url = registry): string =>
      file(
        least((c) => {
          put(c, ["kafka", "bootstrap.servers"], bootstrap);
          put(c, ["input"], { topics: ["cdc.shop.orders"], format: "avro", registry: { url, token } });
        }),
        "tandem.json",
      );
    const good = await tandem("validate", "--connect", "--config", with_(CANARY));
    expect(good.stdout).toContain("\nok      registry: it answers and knows 2 subjects\n");
    expect(good.code).toBe(0);
    const refused = await tandem("validate", "--connect", "--config", with_(`wrong-${CANARY}`));
    expect(refused.stdout).toMatch(/\nfailed {2}registry: .*401/);
    const nobody = await tandem("validate", "--connect", "--config", with_(CANARY, `http://${NOBODY}`));
    expect(nobody.stdout).toMatch(/\nfailed {2}registry: .*127\.0\.0\.1:1/);
    expect([refused.code, nobody.code]).toEqual([2, 2]);
    expect(good.stdout + refused.stdout + nobody.stdout).not.toContain(CANARY);
  });

  it("contacts nothing when the file is wrong, and nothing when it is not asked to", async () => {
    const wrong = file("name: a\n");
    expect(await tandem("validate", "--connect", "--config", wrong)).toMatchObject({ code: 2, stdout: "" });
    const { code, stdout } = await tandem(
      "validate",
      "--json",
      "--config",
      configured(OWN, { brokers: NOBODY, module: ILL }),
    );
    expect(JSON.parse(stdout)).not.toHaveProperty("checks");
    expect(code).toBe(0);
  });
});
