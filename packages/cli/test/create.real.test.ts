// What `tandem create` writes, built and tested as its README says, on this checkout's packages.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { KINDS } from "../src/create/project.ts";
import { tandem } from "./command.ts";

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
