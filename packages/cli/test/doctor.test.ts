import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Check, failure, type Finding, ok, Unmet, warning } from "../src/doctor/check.ts";
import { exposedEndpoints } from "../src/doctor/checks/exposed-endpoints.ts";
import { installScripts } from "../src/doctor/checks/install-scripts.ts";
import { nativeModulesLoad } from "../src/doctor/checks/native-modules.ts";
import { openFiles } from "../src/doctor/checks/open-files.ts";
import { registryReachable, registrySubjects } from "../src/doctor/checks/registry-checks.ts";
import { sourceLag, sourcesSeen } from "../src/doctor/checks/source-lag.ts";
import { storeReachable, storeSafe } from "../src/doctor/checks/store-checks.ts";
import { threadPool } from "../src/doctor/checks/thread-pool.ts";
import { clocks } from "../src/doctor/checks/clocks.ts";
import { CHECKS } from "../src/doctor/checks.ts";
import { examine } from "../src/doctor/examine.ts";
import type { NewestChanges } from "../src/doctor/newest-changes.ts";
import { isIll, reportLines } from "../src/doctor/report.ts";
import { Resource } from "../src/doctor/resource.ts";
import { Counts } from "../src/survey/counts.ts";
import { Patient } from "../src/doctor/patient.ts";
import { tandem } from "./command.ts";
import { patientOf, said } from "./patient.ts";
import { registryServer } from "./registry.ts";
import { file, folder, least, put, type Tree } from "./support.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const safe = (text: string): string => text.replaceAll("5Jx9", "***");
const check = (id: string, look: Check["look"]): Check => ({ id, about: "", look });
const run = (...checks: readonly Check[]) => examine(patientOf(), { checks, safe });

describe("an examination", () => {
  it("goes on past a check that throws, and takes secrets and line ends out", async () => {
    const found = await run(
      check("a", () => {
        throw new Error("login by 5Jx9\n failed");
      }),
      check("b", () => [ok("fine"), warning("of 5Jx9", "set 5Jx9")]),
    );
    expect(found).toEqual([
      { id: "a", status: "failure", message: "login by *** failed", fix: expect.any(String) },
      { id: "b", status: "ok", message: "fine" },
      { id: "b", status: "warning", message: "of ***", fix: "set ***" },
    ]);
  });

  it("skips what needs something that another check has found missing", async () => {
    const gone = new Resource(
      () => "the server does not answer (a)",
      () => Promise.reject(new Error("refused")),
    );
    const found = await run(
      check("a", async () => ok(String(await gone.get()))),
      check("b", async () => ok(String(await gone.need()))),
      check("c", () => Promise.reject(new Unmet("too old"))),
    );
    expect(found.map(({ id, message, status }) => [id, status, message])).toEqual([
      ["a", "failure", "refused"],
      ["b", "skipped", "the server does not answer (a)"],
      ["c", "skipped", "too old"],
    ]);
  });

  it("waits ten seconds for a check, and tells which ones are under way", async () => {
    vi.useFakeTimers();
    const told: string[] = [];
    const checks = [check("hangs", () => new Promise<never>(() => undefined)), check("quick", () => ok("fine"))];
    const progress = (underWay: ReadonlySet<string>): unknown => told.push([...underWay].join());
    const examined = examine(patientOf(), { checks, safe, progress });
    await vi.advanceTimersByTimeAsync(9_900);
    expect(told).toEqual(["hangs"]);
    await vi.advanceTimersByTimeAsync(200);
    expect(await examined).toMatchObject([
      { id: "hangs", status: "failure", message: "it took more than 10 s" },
      { status: "ok" },
    ]);
    expect(told).toEqual(["hangs", ""]);
  });

  it("fails by a failure, and by a warning where it is strict", () => {
    const of = (...findings: readonly Finding[]) => findings.map((found) => Object.assign({ id: "x" }, found));
    expect(isIll(of(ok("")), true)).toBe(false);
    expect(isIll(of(warning("", "")), false)).toBe(false);
    expect(isIll(of(warning("", "")), true)).toBe(true);
    expect(isIll(of(failure("", "")), false)).toBe(true);
    expect(reportLines(of(ok("fine"), failure("bad", "mend it"))).slice(0, 5)).toEqual([
      "ok       x: fine",
      "failure  x: bad",
      "         fix: mend it",
      "",
      "1 ok, 0 warnings, 1 failure, 0 skipped",
    ]);
  });
});

describe("the doctor, of this process, says", () => {
  it("that metrics are there for everybody", async () => {
    const at = (host: string, enabled = true) =>
      said(
        exposedEndpoints,
        patientOf({}, (c) => put(c, ["metrics"], { host, enabled })),
      );
    expect(await at("0.0.0.0")).toEqual([
      expect.stringMatching(/^warning metrics listen on 0\.0\.0\.0.* -> .*127\.0\.0\.1/),
    ]);
    for (const lines of [await at("0.0.0.0", false), await at("localhost"), await at("127.0.0.1"), await at("::1")])
      expect(lines).toEqual([expect.stringMatching(/^ok /)]);
  });

  it("how many threads the lanes of an embedded store need", async () => {
    vi.stubEnv("UV_THREADPOOL_SIZE", "8");
    expect(await said(threadPool, patientOf())).toEqual([expect.stringMatching(/^ok 8 threads for 2 lanes/)]);
    const level = patientOf({}, (c) => put(c, ["dedup", "store"], { type: "level", path: folder() }));
    expect(await said(threadPool, level)).toEqual([
      expect.stringMatching(/^warning 8 threads for 2 lanes \(10 needed\) -> start with UV_THREADPOOL_SIZE=24/),
    ]);
  });

  it("that its modules load, and the limit of open files", async () => {
    expect(await said(nativeModulesLoad, patientOf())).toEqual(["ok node-rdkafka loads"]);
    expect(await said(openFiles, patientOf())).toEqual([expect.stringMatching(/^(ok|warning|skipped) .*open files/)]);
  });

  it("that npm would leave the Kafka client unbuilt", async () => {
    const at = folder();
    const saidWith = async (version: string, ignores: string, allowScripts: object): Promise<string[]> => {
      const npm = `#!/bin/sh\ncase "$1" in --version) echo ${version};; config) echo ${ignores};; esac\n`;
      writeFileSync(join(at, "npm"), npm, { mode: 0o755 });
      writeFileSync(join(at, "package.json"), JSON.stringify({ allowScripts }));
      vi.stubEnv("PATH", `${at}:${process.env["PATH"] ?? ""}`);
      const { config } = patientOf();
      return said(installScripts, new Patient({ config, configFile: join(at, "tandem.yaml"), connect: [] }));
    };
    expect(await saidWith("11.19.1", "true", {})).toEqual([
      expect.stringMatching(/^warning .*ignore-scripts.* -> npm rebuild node-rdkafka --ignore-scripts=false/),
    ]);
    expect(await saidWith("12.0.1", "false", { "node-rdkafka": false })).toEqual([
      expect.stringMatching(/^warning npm 12\.0\.1 .*not approved -> npm approve-scripts node-rdkafka/),
    ]);
    expect(await saidWith("12.0.1", "false", { "node-rdkafka@3.6.1": true })).toEqual([
      "ok npm 12.0.1 runs install scripts",
    ]);
    expect(await saidWith("11.19.1", "false", {})).toEqual(["ok npm 11.19.1 runs install scripts"]);
  });

  it("that the memory store forgets, and that a store that evicts is not well", async () => {
    expect(await said(storeSafe, patientOf())).toEqual([
      expect.stringMatching(/^warning .*forgets.* -> .*rebuild: true/),
    ]);
    const rebuilt = patientOf({}, (c) => put(c, ["dedup", "store"], { type: "memory", rebuild: true }));
    expect(await said(storeSafe, rebuilt)).toEqual(["ok memory keeps what it acknowledges"]);
    expect(await said(storeReachable, rebuilt)).toEqual([expect.stringMatching(/^ok memory answers/)]);
  });
});

describe("the doctor, of the registry, says", () => {
  const avro = (url: string) =>
    patientOf({}, (c) => put(c, ["input"], { topics: ["cdc.shop.orders"], format: "avro", registry: { url } }));

  it("that it knows the input's subjects, or which ones it does not", async () => {
    const knows = avro(await registryServer({ "cdc.shop.orders-value": "string" }));
    expect(await said(registryReachable, knows)).toEqual(["ok it answers and knows 1 subject"]);
    expect(await said(registrySubjects, knows)).toEqual(["ok it knows 1 input topic"]);
    const other = avro(await registryServer({ "crm.customers-value": "string" }));
    expect(await said(registrySubjects, other)).toEqual([
      expect.stringMatching(/^warning it knows no cdc\.shop\.orders-value: .* -> let input\.registry\.url/),
    ]);
  });

  it("that it does not answer, and nothing where it is not used", async () => {
    const silent = avro("http://127.0.0.1:2");
    expect(await said(registryReachable, silent)).toEqual([
      expect.stringMatching(/^failure .*ECONNREFUSED.* -> start/),
    ]);
    expect(await said(registrySubjects, silent)).toEqual(["skipped the registry does not answer (registry.reachable)"]);
    expect(await said(registrySubjects, patientOf())).toEqual(["skipped input.format is json"]);
  });
});

const NOW = Date.UTC(2026, 0, 1);

/** The end of the log, by what each source has sent. */
function withNewest(
  behindMs: Readonly<Record<string, number>>,
  config: (c: Tree) => void,
  more: Partial<NewestChanges> = {},
): Patient {
  const patient = patientOf({}, config);
  const counts = new Counts();
  for (const name of Object.keys(behindMs)) counts.source(name).records = counts.records = 1;
  const sources = new Map(
    Object.entries(behindMs).map(([name, ms]) => [name, { sourceMs: NOW - ms, readMs: NOW - ms }]),
  );
  const newest = new Resource(
    () => "",
    async () => ({ counts, sources, newestMs: NOW, partial: false, ...more }),
  );
  return Object.defineProperty(patient, "newest", { value: newest });
}

describe("the doctor, of the sources, says", () => {
  const named = (c: Tree): void => put(c, ["dedup", "sources"], { header: "connector", names: ["a", "b"] });
  const HOUR = 3_600_000;

  it("whether the horizon exceeds their lag", async () => {
    const lines = async (behind: number) => said(sourceLag, withNewest({ a: 0, b: behind }, named));
    expect(await lines(1_000)).toEqual([expect.stringMatching(/^ok .*1000 ms|^ok .*1\.0 s late/)]);
    expect(await lines(40 * HOUR)).toEqual([
      expect.stringMatching(/^warning .*40\.0 h late, b being the slowest.* -> set dedup\.horizon to 3d or more/),
    ]);
    expect(await lines(50 * HOUR)).toEqual([expect.stringMatching(/^failure .* -> set dedup\.horizon to 7d or more/)]);
  });

  it("by their own delay too, and by how late copies came", async () => {
    const slow = new Map([["a", { sourceMs: NOW - 60 * HOUR, readMs: NOW }]]);
    expect(await said(sourceLag, withNewest({ a: 0 }, named, { sources: slow }))).toEqual([
      expect.stringMatching(/^failure .*2\.5 days late/),
    ]);
    const counts = new Counts();
    counts.late(49 * HOUR, "x");
    expect(await said(sourceLag, withNewest({ a: 0 }, named, { counts }))).toEqual([
      expect.stringMatching(/^failure .*2\.0 days late/),
    ]);
    expect(await said(sourceLag, withNewest({}, named))).toEqual([expect.stringMatching(/^skipped /)]);
  });

  it("which ones are silent, unknown or not told apart", async () => {
    expect(await said(sourcesSeen, withNewest({ a: 0, b: 0 }, named))).toEqual(["ok a, b have sent changes"]);
    expect(await said(sourcesSeen, withNewest({ a: 0 }, named))).toEqual([
      expect.stringMatching(/^warning b sent nothing .* -> .*InsertHeader/),
    ]);
    expect(await said(sourcesSeen, withNewest({ a: 0, b: 0, c: 0 }, named))).toEqual([
      expect.stringMatching(/^failure .*names c, .* -> add c to dedup\.sources\.names/),
    ]);
    const any = (c: Tree): void => put(c, ["dedup", "sources"], { header: "connector" });
    expect(await said(sourcesSeen, withNewest({ a: 0 }, any))).toEqual([
      expect.stringMatching(/^warning only a is named/),
    ]);
    expect(
      await said(
        sourcesSeen,
        withNewest({ a: 0 }, () => undefined),
      ),
    ).toEqual([expect.stringMatching(/^warning dedup\.sources is not set/)]);
  });

  it("that a clock is ahead", async () => {
    vi.useFakeTimers({ now: NOW - 60_000 });
    expect(await said(clocks, withNewest({}, named))).toEqual([
      expect.stringMatching(/^warning .*60\.0 s ahead.* -> chronyc/),
    ]);
    vi.setSystemTime(NOW - 1_000);
    expect(await said(clocks, withNewest({}, named))).toEqual(["ok no record is from the future"]);
  });
});

describe("docs/doctor.md", () => {
  const page = fileURLToPath(new URL("../../../docs/doctor.md", import.meta.url));

  it("has every check, in order, with what it looks at", () => {
    const rows = [...readFileSync(page, "utf8").matchAll(/^\| `([a-z.-]+)` \| (.*) \|$/gm)];
    expect(rows.map(([, id, about]) => [id, about])).toEqual(CHECKS.map(({ about, id }) => [id, about]));
  });
});

describe("tandem doctor", () => {
  it("refuses a wrong file with exit 2, and a wrong URL without repeating it", async () => {
    expect(await tandem("doctor", "--config", file("name: a\n"))).toMatchObject({ code: 2, stdout: "" });
    const path = file(least(), "tandem.json");
    const { code, stderr } = await tandem("doctor", "--config", path, "--connect-url", "ftp://me:5Jx9@host");
    expect(code).toBe(2);
    expect(stderr).toContain("--connect-url: has to look like");
    expect(stderr).not.toContain("5Jx9");
  });
});
