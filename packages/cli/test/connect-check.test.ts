import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createTopics, developmentCluster } from "@tandem-cdc/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tandem } from "./command.ts";
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
