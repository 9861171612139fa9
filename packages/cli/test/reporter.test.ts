import { batchOf, RecordView } from "@tandem-cdc/core";
import { expect, it } from "vitest";
import { ProgressObserver, progressLine } from "../src/run/progress.ts";
import { terminalReporter } from "../src/run/reporter.ts";

const LANE = { topic: "cdc.shop.orders", partition: 2 };
const CLEAR = "\r\x1b[K";

/** A terminal of so many columns. */
function terminal(columns = 120): { out: { columns: number; write(text: string): boolean }; written: string[] } {
  const written: string[] = [];
  return { written, out: { columns, write: (text) => written.push(text) > 0 } };
}

const plain = (text: string): string => text;

it("writes the progress over itself", () => {
  const { out, written } = terminal();
  const progress = new ProgressObserver().look();
  const reporter = terminalReporter(plain, out);
  reporter.progress(progress);
  reporter.progress({ ...progress, in: 7 });
  expect(written).toEqual([`${CLEAR}${progressLine(progress)}`, `${CLEAR}${progressLine({ ...progress, in: 7 })}`]);
});

it("never wraps: a line that wrapped could not be written over", () => {
  const { out, written } = terminal(40);
  terminalReporter(plain, out).progress(new ProgressObserver().look());
  expect(written[0]?.slice(CLEAR.length)).toHaveLength(39);
});

it("puts what happens above the progress, and leaves the terminal on a fresh line", () => {
  const { out, written } = terminal();
  const reporter = terminalReporter(plain, out);
  const progress = new ProgressObserver().look();
  reporter.note("metrics at http://127.0.0.1:9404/metrics");
  reporter.progress(progress);
  reporter.event({ type: "assigned", lanes: [{ lane: LANE, offset: 5, logEnd: 9 }] });
  reporter.event({ type: "paused", lanes: [LANE] });
  reporter.end();
  reporter.end();
  expect(written).toEqual([
    `${CLEAR}metrics at http://127.0.0.1:9404/metrics\n`,
    `${CLEAR}${progressLine(progress)}`,
    `${CLEAR}assigned cdc.shop.orders-2 from 5\n${progressLine(progress)}`,
    "\n",
  ]);
});

it("tells of everything that went wrong, without secrets", () => {
  const { out, written } = terminal();
  const { event } = terminalReporter((text) => text.replaceAll("hunter2", "***"), out);
  const error = new Error("login hunter2 refused");
  event({ type: "aborted", error, lanes: [LANE] });
  event({ type: "producerRenewed", cause: error });
  event({ type: "stalled", lane: LANE, error, retryInMs: 400 });
  const record = new RecordView(batchOf(LANE, [{ offset: 7, timestamp: 0, key: null, value: null }]), 0);
  event({ type: "rejected", lane: LANE, offset: 7, record, rejection: { stage: "dedup", index: 0, cause: error } });
  event({ type: "noticed", lane: LANE, text: "processed again from 5 with hunter2" });
  event({ type: "revoked", lanes: [LANE], lost: false });
  expect(written).toEqual([
    `${CLEAR}transaction aborted: login *** refused\n`,
    `${CLEAR}new producer after: login *** refused\n`,
    `${CLEAR}waiting (400 ms): login *** refused\n`,
    `${CLEAR}rejected cdc.shop.orders-2@7: login *** refused\n`,
    `${CLEAR}cdc.shop.orders-2: processed again from 5 with ***\n`,
    `${CLEAR}gave up cdc.shop.orders-2\n`,
  ]);
});
