import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { redacted, redacting } from "../src/config/redact.ts";
import { failureOf } from "../src/failure.ts";
import { StoreRefusal } from "../src/run/store-refusal.ts";
import { TandemError } from "@tandem-cdc/core";
import { type Ended, tandem, Tandem } from "./command.ts";
import { file, folder, least, parse, problems, put, type Tree } from "./support.ts";

const CANARY = "canary-5Jx9";
const CASSANDRA = { type: "cassandra", contactPoints: ["127.0.0.1"], localDataCenter: "dc1", keyspace: "t" };

/** Everything that `validate`, `validate --json` and `run` say of a file. */
async function said(config: string): Promise<readonly Ended[]> {
  const path = file(config);
  return Promise.all([
    tandem("validate", "--config", path),
    tandem("validate", "--config", path, "--json"),
    tandem("run", "--config", path),
  ]);
}

async function nothingOf(config: string): Promise<void> {
  for (const { code, stderr, stdout } of await said(config)) {
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain("5Jx9");
    expect(stdout + stderr).toMatch(/problem/);
  }
}

it("a wrong file does not show its client properties, nor what a file reference stands for", async () => {
  const secret = file(`${CANARY}\n`, "secret");
  await nothingOf(
    least((c) => {
      put(c, ["kafka", "sasl.password"], CANARY);
      put(c, ["kafka", "consumer", "ssl.key.password"], [CANARY]);
      put(c, ["kafka", "ssl.key.pem"], `\${file:${secret}}`);
      put(c, ["dedup", "store"], { type: "memory", maxClaims: CANARY, password: CANARY });
      // References where the schema refuses the value: the reference is quoted, not what it stands for.
      put(c, ["dedup", "horizon"], `\${file:${secret}}`);
      put(c, ["input", "topics"], [`/(\${file:${secret}}/`, `\${file:${secret}} x`]);
      put(c, ["metrics", "port"], `\${file:${secret}}`);
      put(c, ["input", "format"], "avro");
      put(c, ["input", "registry"], { url: `http://me:${CANARY}@ho st`, password: [CANARY], token: [CANARY] });
    }),
  );
});

it.each([
  least((c) => put(c, ["kafka"], CANARY)),
  least((c) => put(c, ["kafka", "producer"], CANARY)),
  least((c) => put(c, ["dedup", "store"], CANARY)),
])("a group of secrets that is no group is not shown: %j", (text) => {
  const found = problems(text);
  expect(found).not.toEqual([]);
  expect(found.join("\n")).not.toContain("5Jx9");
});

it.each([
  `kafka:\n  sasl.password: ${CANARY}: oops\n`,
  `kafka:\n  sasl.password: "${CANARY}\nname: a\n`,
  `kafka:\n  sasl.password: "\\${CANARY}"\n`,
  `kafka:\n  sasl.password: *${CANARY}\n`,
  `kafka:\n  sasl.password: !${CANARY} x\n`,
  `kafka:\n  sasl.password: @${CANARY}\n`,
  `kafka:\n  sasl.password: 'a' ${CANARY}\n`,
  `kafka:\n  sasl.password: | ${CANARY}\n`,
  `kafka:\n\tsasl.password: ${CANARY}\n`,
  `kafka: { sasl.password: a{${CANARY}, b }\n`,
  `kafka: { sasl.password: ${CANARY}`,
  CANARY,
])("bad YAML does not show what it holds: %j", (text) => {
  const found = problems(text);
  expect(found).not.toEqual([]);
  expect(found.join("\n")).not.toContain("5Jx9");
});

it("and the commands say no more of it than that", () => nothingOf(`kafka:\n  sasl.password: "\\${CANARY}"\n`));

it("takes secrets out of the errors of others", () => {
  const { config } = parse(
    least((c) => {
      put(c, ["kafka", "producer", "sasl.password"], CANARY);
      put(c, ["dedup", "store"], { type: "./mine.js", nested: { token: "tok-123456" } });
    }),
  );
  const safe = redacting(config);
  expect(safe(`refused ${CANARY} and tok-123456 at 127.0.0.1:9092`)).toBe("refused *** and *** at 127.0.0.1:9092");
  expect(redacted(new TandemError("STORE_UNAVAILABLE", `login ${CANARY}`), safe)).toMatchObject({
    code: "STORE_UNAVAILABLE",
    message: "login ***",
  });
  const harmless = new Error("no secret");
  expect(redacted(harmless, safe)).toBe(harmless);
});

it("takes the passwords of stores out of the errors of others, wherever they stand", () => {
  const stores: [Tree, ...said: string[]][] = [
    [{ type: "redis", url: `redis://me:${CANARY}%20x@127.0.0.1` }, `${CANARY}%20x`, `${CANARY} x`],
    [{ type: "redis", url: "redis://127.0.0.1", password: CANARY }, CANARY],
    [{ type: "redis", nodes: ["127.0.0.1:1"], tls: { key: `PEM ${CANARY}` } }, `PEM ${CANARY}`],
    [{ type: "redis", sentinels: ["127.0.0.1:1"], name: "claims", sentinelPassword: CANARY }, CANARY],
    [{ ...CASSANDRA, credentials: { username: "me", password: CANARY } }, CANARY],
    [
      { type: "./mine.js", passwords: ["tokn", `tokn${CANARY}`], at: [{ url: `https://me:${CANARY}x@host` }] },
      `tokn${CANARY}`,
      `${CANARY}x`,
    ],
  ];
  for (const [store, ...said] of stores) {
    const safe = redacting(parse(least((c) => put(c, ["dedup", "store"], store))).config);
    for (const text of said) expect(safe(`refused ${text} at claims, dc1`)).toBe("refused *** at claims, dc1");
  }
});

it("takes the registry's secrets, and those of somebody's own identity, out of the errors of others", () => {
  const { config } = parse(
    least((c) => {
      const registry = {
        url: [`http://me:${CANARY}u@127.0.0.1:1`],
        password: `${CANARY}p`,
        tls: { key: `${CANARY}k` },
      };
      put(c, ["input", "registry"], registry);
      put(c, ["dedup", "identity"], { use: "./mine.js", password: `${CANARY}i` });
    }),
  );
  expect(redacting(config)(["u", "p", "k", "i"].map((end) => `[${CANARY}${end}]`).join())).toBe(
    "[***],[***],[***],[***]",
  );
  const { input } = config;
  const withToken = { ...config, input: { ...input, registry: { token: `${CANARY}t` } } };
  expect(redacting(withToken)(`refused ${CANARY}t`)).toBe("refused ***");
});

it("a wrong store does not show what it holds", () =>
  nothingOf(
    least((c) => {
      put(c, ["dedup", "store"], {
        type: "redis",
        url: `http://me:${CANARY}@127.0.0.1`,
        nodes: [CANARY],
        password: [CANARY],
        tls: { ca: CANARY, keys: CANARY },
        timeoutMs: CANARY,
      });
    }),
  ));

it("an error without its secrets is still of its kind", () => {
  const refusal = new StoreRefusal(new TandemError("CONFIG_INVALID", `login ${CANARY}`), null);
  const shown = redacted(refusal, (text) => text.replaceAll(CANARY, "***"));
  expect(failureOf(shown)).toEqual({ text: "tandem failed CONFIG_INVALID: login ***", exitCode: 1 });
  expect(shown.stack).not.toContain(CANARY);
  expect(shown.cause).toBeUndefined();
});

it("a failing run shows no secret either, not even with its stack", async () => {
  const here = folder();
  writeFileSync(
    join(here, "store.mjs"),
    "export default ({ password }) => { throw new Error(`login as me:${password} failed`); };",
  );
  writeFileSync(
    join(here, "tandem.json"),
    least((c) => [
      put(c, ["dedup", "store"], { type: "./store.mjs", password: CANARY }),
      put(c, ["metrics", "enabled"], false),
    ]),
  );
  const { code, stderr, stdout } = await new Tandem(["run", "--config", join(here, "tandem.json")], {
    TANDEM_DEBUG: "1",
  }).ended;
  expect(stderr).toContain("login as me:*** failed");
  expect(stdout + stderr).not.toContain("5Jx9");
  expect(code).toBe(1);
});
