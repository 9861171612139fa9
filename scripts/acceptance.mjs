// npm run acceptance: every suite with its full counts; the suites record their figures in docs/acceptance.md.
import { run } from "./run.mjs";

process.exit(
  await run(process.execPath, ["scripts/test.mjs", ...process.argv.slice(2)], {
    stdout: "inherit",
    env: { TANDEM_FULL: "1" },
  }),
);
