import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { COMMAND, tandem, Tandem } from "./command.ts";
import { file, least, put, type Tree } from "./support.ts";

const EVERY_KEY = fileURLToPath(new URL("fixtures/every-key.yaml", import.meta.url));
const CANARY = "canary-5Jx9";
const BAD = "name: a b\ninput: { topics: [t], fromat: json }\n";

describe("tandem", () => {
  it("is what npm links: a file that is there before the build, and may be run", () => {
    const manifest = JSON.parse(readFileSync(fileURLToPath(new URL("../package.json", import.meta.url)), "utf8")) as {
      bin: { tandem: string };
    };
    expect(join(dirname(COMMAND), "..", manifest.bin.tandem)).toBe(COMMAND);
    expect(statSync(COMMAND).mode & 0o111).toBe(0o111);
  });
  it("without arguments shows its commands on stderr, exit 2", async () => {
    const { code, stderr, stdout } = await tandem();
    expect(stderr).toMatch(/Usage: tandem[\s\S]*run [\s\S]*validate [\s\S]*explain [\s\S]*survey [\s\S]*quickstart /);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
  it("--help shows them on stdout, exit 0", async () => {
    const { code, stderr, stdout } = await tandem("--help");
    expect(stdout).toMatch(/Usage: tandem[\s\S]*run [\s\S]*validate [\s\S]*explain [\s\S]*survey [\s\S]*quickstart /);
    expect([code, stderr]).toEqual([0, ""]);
  });
  it("--version", async () => {
    expect(await tandem("--version")).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
  });
  it.each([
    [["rnu"], /unknown command 'rnu'[\s\S]*Did you mean run\?/],
    [["run", "--config", "x", "--jsn"], /unknown option '--jsn'[\s\S]*Did you mean --json\?/],
    [["run"], /required option '--config <file>' not specified/],
    [["validate", "--config"], /option '--config <file>' argument missing/],
    [["explain", "--config", "x"], /required option '--topic <topic>' not specified/],
    [["survey"], /give --config FILE, or --bootstrap HOST:PORT and --topics/],
    [["survey", "--config", "x", "--bootstrap", "y"], /stand in place of --config: give one or the other/],
    [["survey", "--bootstrap", "x", "--topics", "a b"], /input\.topics\[0\]: is not a topic name/],
    [["survey", "--bootstrap", "x", "--topics", "a", "--since", "ever"], /--since: has to be a duration/],
    [["survey", "--bootstrap", "x", "--topics", "a", "--format", "avro"], /input\.registry\.url: is missing/],
    [["survey", "--bootstrap", "x", "--topics", "a", "--max-changes", "many"], /--max-changes: has to be a whole/],
    [["quickstart", "--changes", "few"], /--changes: a whole number of at least 100/],
  ])("%j says what is wrong, on stderr, exit 2", async (args, message) => {
    const { code, stderr, stdout } = await tandem(...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});

describe("tandem validate", () => {
  it("says that a file is valid", async () => {
    const { code, stderr, stdout } = await tandem("validate", "--config", EVERY_KEY);
    expect(stdout.split("\n")).toEqual([
      `${EVERY_KEY} is valid: pipeline "monolith" (instance 0), cdc.shop.orders, /^cdc\\.shop\\..*/ -> dedup.*, store memory`,
      "",
    ]);
    expect([code, stderr]).toEqual([0, ""]);
  });
  it("says it as one JSON line", async () => {
    const { code, stdout } = await tandem("validate", "--config", EVERY_KEY, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      name: "monolith",
      instance: "0",
      store: "memory",
      notices: [],
      problems: [],
    });
    expect(stdout.trimEnd()).not.toContain("\n");
    expect(code).toBe(0);
  });
  it("lists every problem with its key, exit 2", async () => {
    const path = file(BAD);
    const { code, stderr, stdout } = await tandem("validate", "--config", path);
    expect(stderr.split("\n")).toEqual([
      `${path}: 3 problems`,
      expect.stringMatching(/^ {2}name: has to be made of/),
      expect.stringMatching(/^ {2}kafka: is missing/),
      '  input.fromat: unknown key; did you mean "format"?',
      "",
    ]);
    expect([code, stdout]).toEqual([2, ""]);
  });
  it("lists them as one JSON line, exit 2", async () => {
    const { code, stderr, stdout } = await tandem("validate", "--config", file(BAD), "--json");
    const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: { key: string }[] };
    expect([ok, problems.map(({ key }) => key)]).toEqual([false, ["name", "kafka", "input.fromat"]]);
    expect([code, stderr]).toEqual([2, ""]);
  });
});

describe("tandem validate of modules", () => {
  const own = (source: string | undefined, dedup: (module: string) => Tree): string => {
    const path = file(
      least((c) => put(c, ["dedup"], dedup("./mine.mjs"))),
      "tandem.json",
    );
    if (source !== undefined) writeFileSync(join(dirname(path), "mine.mjs"), source);
    return path;
  };
  const identity = (use: string): Tree => ({ identity: use });
  const shadow = (use: string): Tree => ({ shadow: { use, password: CANARY } });
  const store = (type: string): Tree => ({ store: { type } });
  it.each<[string, (module: string) => Tree, string | undefined, RegExp]>([
    [
      "dedup.identity",
      identity,
      undefined,
      /"\.\/mine\.mjs" cannot be loaded as an identity strategy: there is no file/,
    ],
    ["dedup.identity", identity, "export default {", /cannot be loaded as an identity strategy: Unexpected/],
    ["dedup.shadow", shadow, "export const a = 1;", /it has no default export that is a strategy/],
    ["dedup.shadow", shadow, "export default ({ password }) => { throw new Error(`no ${password}`); };", /^no \*\*\*$/],
    ["dedup.store.type", store, undefined, /cannot be loaded as a key store: there is no file/],
    ["dedup.store.type", store, "export default 1;", /it has no default export that is a function/],
  ])("%s: what cannot be loaded is a problem, exit 2", async (key, dedup, source, message) => {
    const { code, stderr, stdout } = await tandem("validate", "--json", "--config", own(source, dedup));
    expect(JSON.parse(stdout)).toEqual({ ok: false, problems: [{ key, message: expect.stringMatching(message) }] });
    expect([code, stderr]).toEqual([2, ""]);
  });
  it("opens no store", async () => {
    const path = own("export default () => { throw new Error('opened'); };", store);
    expect(await tandem("validate", "--config", path)).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("tandem explain", () => {
  const explain = (config: string, ...more: string[]): ReturnType<typeof tandem> =>
    tandem("explain", "--config", config, "--topic", "t", ...more);
  it.each([
    [["--partition", "x", "--offset", "1"], /--partition: has to be a whole number/],
    [["--partition", "0", "--offset", "-1"], /--offset: has to be a whole number/],
    [["--partition", "0", "--offset", "1", "--since", "2 days"], /--since: has to be a duration/],
  ])("refuses %j, exit 2", async (args, message) => {
    const { code, stderr, stdout } = await explain(file(least()), ...args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
  });
  it("has nothing to explain or survey of a merge pipeline, exit 2", async () => {
    const config = least((c) => {
      const merge = { regex: "([ab])\\.(.*)", topic: "$2", source: "$1" };
      put(c, ["dedup"], { mode: "merge", merge, sources: { header: "connector" } });
      put(c, ["input", "topics"], ["a.orders", "b.orders"]);
    });
    for (const asked of [
      explain(file(config), "--partition", "0", "--offset", "0"),
      tandem("survey", "--config", file(config)),
    ]) {
      const { code, stderr } = await asked;
      expect(stderr).toMatch(/dedup\.mode is merge, which makes no claims/);
      expect(code).toBe(2);
    }
  });
});

describe("tandem run", () => {
  it("with a bad file lists every problem, exit 2", async () => {
    const { code, stderr, stdout } = await tandem("run", "--config", file(BAD));
    expect(stderr.split("\n")).toHaveLength(5);
    expect([code, stdout]).toEqual([2, ""]);
  });
  it("says which metrics port is taken, exit 2", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await tandem("run", "--config", file(least((c) => put(c, ["metrics", "port"], port))));
    expect(stderr).toBe(
      `tandem failed CONFIG_INVALID: metrics: port ${port} on 127.0.0.1 is taken: choose another metrics.port (0 for any free one)\n`,
    );
    expect(code).toBe(2);
    await new Promise((resolve) => taken.close(resolve));
  });
  it("says why a store cannot be loaded, exit 2", async () => {
    const path = file(
      least((c) => [put(c, ["dedup", "store"], { type: "./none.js" }), put(c, ["metrics", "enabled"], false)]),
    );
    const { code, stderr } = await tandem("run", "--config", path);
    expect(stderr).toMatch(
      /^tandem failed CONFIG_INVALID: dedup\.store\.type: "\.\/none\.js" cannot be loaded as a key store: there is no file/,
    );
    expect(code).toBe(2);
  });
  it("waits for a store that is not there, says why, and stops on SIGTERM with exit 0", async () => {
    const path = file(
      least((c) => [
        put(c, ["dedup", "store"], { type: "redis", url: `redis://me:${CANARY}@127.0.0.1:1` }),
        put(c, ["metrics", "port"], 0),
      ]),
    );
    const run = new Tandem(["run", "--config", path]);
    const waiting = run.line('"event":"stalled"');
    const shown = run.line('"event":"progress"');
    expect(await waiting).toMatch(/waiting \(500 ms\): Redis 127\.0\.0\.1:1: .*ECONNREFUSED.* It goes on by itself/);
    expect(JSON.parse(await shown)).toMatchObject({
      state: "waiting",
      reason: expect.stringContaining("ECONNREFUSED"),
      lanes: 0,
    });
    run.child.kill("SIGTERM");
    const { code, stderr, stdout } = await run.ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain("connecting to");
    expect(stdout).not.toContain(CANARY);
  });
  it.each(["SIGTERM", "SIGINT"] as const)("hears a %s in its first moments, and ends with exit 0", async (signal) => {
    const early = file(`setImmediate(() => process.kill(process.pid, "${signal}"));`, "early.cjs");
    const path = file(least((c) => put(c, ["metrics", "port"], 0)));
    const { code, stderr, stdout } = await new Tandem(["run", "--config", path], {
      NODE_OPTIONS: `--require ${early}`,
    }).ended;
    expect(stdout).toContain(`${signal}: stopping`);
    expect(stdout).not.toContain("connecting to");
    expect([code, stderr]).toEqual([0, ""]);
  });
  it.each([
    [{ type: "memory" }, /forgets on restart: .*\(none is lost\)\. Set dedup\.store\.rebuild/],
    [{ type: "memory", rebuild: true }, /makes its claims again from the log/],
    [
      { type: "memory", rebuild: true, checkpoint: "claims" },
      /makes its claims again from dedup\.store\.checkpoint, and/,
    ],
  ])("says what the store does at a restart: %j", async (store, words) => {
    const run = new Tandem([
      "run",
      "--config",
      file(
        least((c) => [
          put(c, ["dedup", "store"], store),
          put(c, ["metrics", "enabled"], false),
          put(c, ["kafka", "bootstrap.servers"], "127.0.0.1:1"),
        ]),
      ),
    ]);
    const { msg } = JSON.parse(await run.line("the memory store")) as { msg: string };
    expect(msg).toMatch(words);
  });
  it("has a pool of 24 threads at least, whatever the environment says", async () => {
    // Opening a pipe that nobody writes to holds a thread: with 23 of them held, one more answers.
    const store = `
      import { execFileSync } from "node:child_process";
      import { openSync, promises } from "node:fs";
      export default async ({ folder }) => {
        const pipes = Array.from({ length: 23 }, (_, i) => folder + "/pipe" + i);
        execFileSync("mkfifo", pipes);
        const held = pipes.map((pipe) => promises.open(pipe, "r"));
        const answered = await Promise.race([promises.stat(folder).then(() => true), new Promise((r) => setTimeout(r, 5_000, false))]);
        for (const pipe of pipes) openSync(pipe, "r+");
        await Promise.all(held);
        throw new Error(answered ? "there is a 24th thread" : "there is no 24th thread");
      };`;
    const path = file(store, "store.mjs");
    const config = join(dirname(path), "tandem.json");
    writeFileSync(
      config,
      least((c) => [
        put(c, ["dedup", "store"], { type: "./store.mjs", folder: dirname(path) }),
        put(c, ["metrics", "enabled"], false),
      ]),
    );
    const { stderr } = await new Tandem(["run", "--config", config], { UV_THREADPOOL_SIZE: "4" }).ended;
    expect(stderr).toContain("there is a 24th thread");
  });
});
