import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { redacted, redacting } from "../src/config/redact.ts";
import { TandemError } from "@tandem-cdc/core";
import { type Ended, tandem, Tandem } from "./command.ts";
import { file, folder, least, parse, problems, put } from "./support.ts";

const CANARY = "canary-5Jx9";

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
      put(c, ["dedup", "late"], CANARY);
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
