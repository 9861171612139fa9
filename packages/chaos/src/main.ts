// npm run chaos: see `USAGE`. Progress goes to stderr, the report to stdout.
import { chaos } from "./chaos.ts";
import { type CommandOptions, optionsOf, USAGE } from "./options.ts";
import { reportText } from "./report.ts";

function asked(): CommandOptions | null {
  try {
    return optionsOf(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return null;
  }
}

const options = asked();
if (options === null) process.exit(2);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const { json, ...what } = options;
const report = await chaos(what, (text) => console.error(text));
console.log(json ? JSON.stringify(report) : reportText(report));
process.exit(report.ok ? 0 : 1);
