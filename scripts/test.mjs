// npm test: installs, builds, checks and tests, and closes with one line that adds up every suite.
//   --unit, --real, --checks   only these
//   anything else              passed to vitest (a file name filter, -t "name")
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, install, QUIET, readJson, ROOT, run, say } from "./run.mjs";

const KINDS = ["--checks", "--unit", "--real"];
const args = process.argv.slice(2);
const asked = KINDS.filter((kind) => args.includes(kind));
const kinds = asked.length > 0 ? asked : KINDS;
const rest = args.filter((arg) => !KINDS.includes(arg));
const reports = mkdtempSync(join(tmpdir(), "tandem-test-"));
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function count(outcome, name) {
  total[outcome]++;
  if (outcome === "failed") failures.push(name);
}

/** One check counts as one test. */
async function check(name, command, commandArgs) {
  say(`\n== ${name}`);
  count((await run(command, commandArgs, { stdout: "inherit", env: QUIET })) === 0 ? "passed" : "failed", name);
}

async function suite(project) {
  say(`\n== ${project} tests`);
  const report = join(reports, `${project}.json`);
  const code = await run(
    "npx",
    [
      "vitest",
      "run",
      "--project",
      project,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...rest,
    ],
    { stdout: "inherit", env: QUIET },
  );
  if (!existsSync(report)) return count("failed", `${project}: vitest ended with ${code} and wrote no report`);
  const { testResults } = readJson(report);
  let bad = 0;
  for (const file of testResults) {
    if (file.status === "failed" && file.assertionResults.length === 0) {
      bad++;
      count("failed", file.name);
    }
    for (const test of file.assertionResults) {
      const outcome = test.status === "passed" ? "passed" : test.status === "failed" ? "failed" : "skipped";
      if (outcome === "failed") bad++;
      count(outcome, test.fullName);
    }
  }
  // An error outside of every test (an unhandled rejection) fails the run without failing a test.
  if (code !== 0 && bad === 0) count("failed", `${project}: vitest ended with ${code}`);
}

try {
  await install();
  await build();
  if (kinds.includes("--checks")) {
    await check("types of the tests", "npx", ["tsc", "-p", "tsconfig.test.json"]);
    await check("lint", "npm", ["run", "--silent", "lint"]);
    await check("format", "npm", ["run", "--silent", "format:check"]);
    await check("documentation site", "npm", ["run", "--silent", "docs:site"]);
    await check("packages", "npm", ["run", "--silent", "check:packages"]);
  }
  if (kinds.includes("--unit")) await suite("unit");
  if (kinds.includes("--real")) await suite("real");
} catch (error) {
  say(error.message);
  count("failed", error.message);
} finally {
  rmSync(reports, { recursive: true, force: true });
}

for (const name of failures) say(`FAILED ${name.replace(ROOT, "")}`);
const forbidden = process.env.CI === "true" && total.skipped > 0;
if (forbidden) say("Skipped tests fail the run where CI=true.");
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
process.exit(total.failed > 0 || total.passed === 0 || forbidden ? 1 : 0);
