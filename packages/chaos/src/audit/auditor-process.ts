// The auditor, a program of its own: it knows the input topic and the committed output, and nothing of what happens.
//   node auditor-process.js BOOTSTRAP INPUT OUTPUT
// Prints what it sees as JSON lines. "judge" on stdin: waits until every change is out, or nothing moves any more, then
// reads the output from its beginning and prints the verdict. Ends when its stdin does.
import { createInterface } from "node:readline";
import { Reader } from "@tandem-cdc/acceptance";
import { ChaosAudit } from "./chaos-audit.ts";

const TELL_MS = 250;
/** Nothing comes out for so long: nothing will. */
const IDLE_MS = 30_000;
/** Everything is out: what comes too much has to come within. */
const SETTLE_MS = 3_000;
/** The same of a second reading, which is known to hold as much. */
const AGAIN_MS = 1_000;
/** Small reads that do not wait for more: what is seen late looks like a pause. */
const READ = { count: 500, waitMs: 10 };

const [bootstrap, input, output] = process.argv.slice(2) as [string, string, string];

const incoming = await Reader.open(bootstrap, input);
const outgoing = await Reader.open(bootstrap, output);
for (const reader of [incoming, outgoing]) reader.waitMs(READ.waitMs);
const audit = new ChaosAudit(incoming.partitions);
let judging = false;
let movedAt = Date.now();
createInterface({ input: process.stdin })
  .on("line", () => {
    judging = true;
    movedAt = Date.now();
  })
  .on("close", () => process.exit());

function finished(): boolean {
  const { distinct, emitted } = audit.sight();
  return judging && Date.now() - movedAt > (emitted >= distinct ? SETTLE_MS : IDLE_MS);
}

for (let toldAt = 0; !finished();) {
  const [sent, came] = await Promise.all([incoming.read(READ.count), outgoing.read(READ.count)]);
  audit.sent(sent);
  audit.saw(came, Date.now());
  if (sent.length + came.length > 0) movedAt = Date.now();
  if (Date.now() - toldAt < TELL_MS) continue;
  toldAt = Date.now();
  console.log(JSON.stringify(audit.sight()));
}
await Promise.all([incoming.close(), outgoing.close()]);

const again = await Reader.open(bootstrap, output);
const { seen } = audit.sight();
movedAt = Date.now();
for (let read = 0; Date.now() - movedAt < (read >= seen ? AGAIN_MS : IDLE_MS);) {
  const records = await again.read();
  audit.stands(records);
  read += records.length;
  if (records.length > 0) movedAt = Date.now();
}
await again.close();
console.log(JSON.stringify({ verdict: audit.judge() }));
