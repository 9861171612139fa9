// Small helpers of the scripts: node built-ins only, since they run before anything is installed.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Runs a command; everything that it prints goes to stderr unless `stdout` says otherwise. Resolves to its exit code. */
export function run(command, args, { stdout = 2, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", stdout, 2], env: { ...process.env, ...env } });
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
}

export function say(text) {
  process.stderr.write(`${text}\n`);
}

function installed() {
  const mark = join(ROOT, "node_modules", ".package-lock.json");
  const addon = join(ROOT, "node_modules", "node-rdkafka", "build", "Release", "node-librdkafka.node");
  return (
    existsSync(mark) &&
    existsSync(addon) &&
    statSync(mark).mtimeMs >= statSync(join(ROOT, "package-lock.json")).mtimeMs - 1000
  );
}

/** Installs what the lock file names, unless it is there. Throws when that fails. */
export async function install() {
  if (installed()) return;
  say("Installing. The Kafka client (librdkafka) is compiled once: three to four minutes on two cores, silently.");
  const began = Date.now();
  // JOBS must not be set: node-rdkafka's make file does not survive parallel make.
  if ((await run("npm", ["ci", "--no-audit", "--no-fund"], { env: { JOBS: "", MAKEFLAGS: "" } })) !== 0)
    throw new Error(
      "npm ci failed: a C++ toolchain (g++, make, python3) and the headers of zlib, OpenSSL are needed for node-rdkafka",
    );
  say(`Installed in ${Math.round((Date.now() - began) / 1000)} s.`);
}

export async function build() {
  if ((await run("npx", ["turbo", "run", "build", "--output-logs=errors-only"], { env: QUIET })) !== 0)
    throw new Error("the build failed");
}

/** No telemetry, no update notices. */
export const QUIET = { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", TURBO_NO_UPDATE_NOTIFIER: "1" };

export function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}
