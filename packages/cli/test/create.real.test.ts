// What `tandem create` writes, built and tested as its README says, on this checkout's packages.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createTopics, existingTopics, openReader, openWriter } from "@tandem-cdc/kafka";
import { available, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Kind, KINDS } from "../src/create/project.ts";
import { Tandem, tandem } from "./command.ts";

const { ok } = await available(["kafka"]);

const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const parent = mkdtempSync(join(tmpdir(), "tandem-create-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** In place of `npm install`. */
function link(folder: string): void {
  symlinkSync(MODULES, join(folder, "node_modules"));
}

describe.each(KINDS)("create %s", (kind) => {
  const folder = join(parent, `my-${kind}`);

  it("writes a project, and says what to do next", async () => {
    const { code, stdout } = await tandem("create", kind, `my-${kind}`, "--in", parent);
    expect(code).toBe(0);
    expect(stdout).toContain(`cd ${folder}\n  npm install\n  npm test\n`);
    const again = await tandem("create", kind, `my-${kind}`, "--in", parent);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("is there already");
  });

  it("builds and passes its tests as it is", async () => {
    link(folder);
    const env = { ...process.env, NO_COLOR: "1" };
    for (const name of Object.keys(env)) if (/^(VITEST|npm_)/.test(name)) delete env[name as keyof typeof env];
    const { stdout } = await promisify(execFile)("npm", ["test"], { cwd: folder, env }).catch(
      (thrown: { stdout: string; stderr: string }) => {
        throw new Error(thrown.stdout + thrown.stderr);
      },
    );
    expect(stdout).toMatch(/Tests +\d+ passed \(\d+\)/);
  });

  if (kind !== "processor")
    it("is used by its configuration", async () => {
      const { code, stderr, stdout } = await tandem("validate", "--config", join(folder, "tandem.yaml"));
      expect(stderr).toBe("");
      expect(stdout).toContain(`tandem.yaml is valid: pipeline "my-${kind}"`);
      expect(code).toBe(0);
    });
});

it("knows its kinds", async () => {
  const { code, stderr } = await tandem("create", "connector", "x", "--in", parent);
  expect(stderr).toContain("Allowed choices are transform, keystore, processor");
  expect(code).toBe(2);
});

describe.skipIf(!ok)("what was created runs", () => {
  let kafka: KafkaCluster;
  beforeAll(async () => {
    kafka = await startKafka({ autoCreateTopics: false });
  });
  afterAll(() => kafka?.stop());

  const RUNS: Readonly<Record<Kind, { input: string; output: string; expected: readonly object[] }>> = {
    transform: {
      input: "cdc.shop.customers",
      output: "dedup.cdc.shop.customers",
      expected: [
        { id: 1, name: "ADA", status: "open" },
        { id: 2, name: "BOB", status: "paid" },
      ],
    },
    keystore: {
      input: "cdc.shop.orders",
      output: "dedup.cdc.shop.orders",
      expected: [{ after: { id: 1 } }, { after: { id: 2 } }],
    },
    processor: {
      input: "cdc.shop.orders",
      output: "my-processor.cdc.shop.orders",
      expected: [{ id: 2, name: "bob", status: "paid" }],
    },
  };

  it.each(KINDS)("%s", async (kind) => {
    const { expected, input, output } = RUNS[kind];
    const client = { "bootstrap.servers": kafka.bootstrap };
    const topics = [input, output, "my-transform.dead-letters"];
    await createTopics(
      client,
      topics.map((topic) => ({ topic, partitions: 1, config: {} })),
    );
    while (!topics.every((topic) => created.includes(topic))) created = await existingTopics(client);
    const writer = await openWriter(client);
    // Two connectors: the same two changes.
    if (!sent.has(input))
      for (const source of ["a", "b"]) {
        await writer.write({ topic: input, partition: 0, ...inserted(source, { id: 1, name: "ada", status: "open" }) });
        await writer.write({ topic: input, partition: 0, ...inserted(source, { id: 2, name: "bob", status: "paid" }) });
      }
    sent.add(input);
    await writer.close();

    const running = start(kind, kafka.bootstrap);
    const reader = await openReader(client, output);
    const found: unknown[] = [];
    while (found.length < expected.length && running.exitCode === null)
      for (const { value } of await reader.read())
        found.push(JSON.parse(new TextDecoder().decode(value ?? new Uint8Array())));
    running.kill("SIGTERM");
    expect(await once(running, "close")).toEqual([0, null]);
    for (const { value } of await reader.read()) found.push(value);
    await reader.close();
    expect(found).toMatchObject(expected);
  });
});

let created: readonly string[] = [];
const sent = new Set<string>();

/** As `npm start` does once it is built. */
function start(kind: Kind, bootstrap: string): ChildProcess {
  const folder = join(parent, `my-${kind}`);
  if (kind === "processor") {
    const child = spawn(process.execPath, ["--env-file=processor.env", "dist/main.js"], {
      cwd: folder,
      env: { PATH: process.env["PATH"], BOOTSTRAP_SERVERS: bootstrap },
      stdio: "inherit",
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  }
  const here = join(folder, "here.yaml");
  const text = readFileSync(join(folder, "tandem.yaml"), "utf8")
    .replace("127.0.0.1:9092", bootstrap)
    .replace("./claims", join(folder, "claims"));
  writeFileSync(here, `${text}metrics: { enabled: false }\n`);
  return new Tandem(["run", "--config", here]).child;
}

/** A row's insert as Debezium's MariaDB connector sends it; its id is the number of the change, too. */
function inserted(connector: string, after: { readonly id: number; readonly name: string; readonly status: string }) {
  const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
  const source = {
    connector: "mariadb",
    db: "shop",
    table: "orders",
    gtid: `0-1-${after.id}`,
    file: `bin-${connector}.000001`,
    pos: after.id * 10,
    row: 0,
    snapshot: "false",
  };
  return {
    key: bytes(JSON.stringify({ id: after.id })),
    value: bytes(JSON.stringify({ before: null, after, source, op: "c", ts_ms: 1 })),
    headers: [{ key: "connector", value: bytes(connector) }],
  };
}
