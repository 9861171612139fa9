// npm run chaos: installs and builds what is missing, then lets faults happen. Only the report goes to stdout.
import { build, install, run, say } from "./run.mjs";

try {
  await install();
  await build();
} catch (error) {
  say(error.message);
  process.exit(1);
}
process.exit(
  await run(process.execPath, ["packages/chaos/dist/main.js", ...process.argv.slice(2)], {
    stdout: "inherit",
    env: { UV_THREADPOOL_SIZE: "24" },
  }),
);
