// npm run fuzz: installs and builds what is missing, then fuzzes. Only the result goes to stdout.
import { build, install, run, say } from "./run.mjs";

try {
  await install();
  await build();
} catch (error) {
  say(error.message);
  process.exit(1);
}
process.exit(
  await run(process.execPath, ["packages/fuzz/dist/main.js", ...process.argv.slice(2)], { stdout: "inherit" }),
);
