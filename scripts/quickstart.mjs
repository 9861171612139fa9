// npm run quickstart: installs and builds what is missing, then runs the quickstart of the command. Only that prints to stdout.
import { build, install, run, say } from "./run.mjs";

try {
  await install();
  await build();
} catch (error) {
  say(error.message);
  process.exit(1);
}
process.exit(
  await run(process.execPath, ["packages/cli/dist/bin.cjs", "quickstart", ...process.argv.slice(2)], {
    stdout: "inherit",
  }),
);
