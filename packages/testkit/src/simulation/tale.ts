import type { Strike } from "../faults.ts";

/** Faults as sentences; those that say more themselves are told where they happen. */
const SENTENCES: Readonly<Record<string, string>> = {
  "produce-abortable": "cannot produce; the transaction has to be aborted",
  "produce-fatal": "cannot produce, and its producer is of no use any more",
  "offsets-abortable": "cannot send its offsets; the transaction has to be aborted",
  "offsets-unknown": "sends its offsets and gets no answer",
  "commit-abortable": "is told that its commit has to be aborted",
  "commit-request-lost": "asks to commit, and the request is lost",
  "commit-answer-lost": "asks to commit; that happens, and the answer is lost",
  "commit-late": "asks to commit and gives up waiting, with the request still on its way",
  "abort-unknown": "asks to abort and gets no answer",
  "producer-unavailable": "gets no new producer",
  "poll-failed": "cannot read",
  "lane-start-failed": "does not learn where its lanes start",
  "read-failed": "cannot read a lane again",
  "seek-failed": "cannot seek",
  "store-timeout-before-write": "claims, and the key store does not answer: nothing was written",
  "store-timeout-after-write": "claims, and the key store does not answer: everything was written",
  "store-partial-write": "claims, and the key store does not answer: a part was written",
  "store-late-write": "claims, and the key store does not answer: the write is still on its way",
  "store-slow": "waits for a slow key store",
  "store-load-failed": "cannot load claims",
};

/** Null: whoever lets it happen tells of it. */
export function toldStrike({ name, process, states }: Strike): string | null {
  const sentence = SENTENCES[name];
  return sentence === undefined ? null : `${process ?? "a process"} ${sentence}${whileAt(states)}`;
}

/** What it met: nothing, or ", while ...". */
export function whileAt(states: readonly string[]): string {
  return states.length === 0 ? "" : `, while ${states.join(", ")}`;
}
