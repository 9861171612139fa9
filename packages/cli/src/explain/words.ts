import type { Config } from "../config/schema.ts";
import type { Explanation, RecordLine } from "./explanation.ts";
import type { StoreAnswer } from "./store-owner.ts";

/** Everything that is known of the record. */
export interface Answer extends Explanation {
  readonly lane: string;
  /** Up to where the pipeline has processed the lane; null where it has not begun. */
  readonly floor: number | null;
  /** Null where the record makes no claim. */
  readonly store: StoreAnswer | null;
  /** What the configuration does with late changes, and whether diverged copies have a topic. */
  readonly late: string;
  readonly divergenceTopic: boolean;
  /** What it does with records at fault. */
  readonly errors: Pick<Config["errors"], "tolerance"> & {
    readonly deadLetter?: { readonly topic: string } | undefined;
  };
}

/** What the pipeline does with the record, by its configuration: looking on, everything that leaves the stream is diverted. */
export function actionOf({ divergenceTopic, fate, late }: Answer): string {
  if (fate.kind !== "diverted") return fate.kind;
  if (fate.reason === "divergence") return divergenceTopic ? "diverted" : "dropped";
  return late === "drop" ? "dropped" : late === "fail" ? "stopped" : "diverted";
}

const KINDS: Readonly<Record<string, string>> = {
  change: "a streamed change",
  snapshot: "a row of a snapshot",
  redelivery: "a re-delivery: its own source has sent it before",
  tombstone: "a tombstone, the null value after a delete",
  pass: "passed through, without a claim",
  ignored: "ignored, without a claim",
};

export function kindOf({ fate, seen, strategy }: Explanation): string {
  if (seen === null) return fate.kind === "stopped" ? "not identified: the lane stops" : "not identified";
  if (seen.verdict instanceof Error) return `not identifiable: ${seen.verdict.message}`;
  if (seen.verdict === "ignored" && isDebezium(strategy)) return "a heartbeat of a connector";
  return KINDS[seen.verdict] ?? seen.verdict;
}

/** Its rules ignore heartbeats, and nothing else. */
function isDebezium(strategy: string): boolean {
  return strategy.startsWith("debezium");
}

const LATE: Readonly<Record<string, string>> = {
  "dead-letter": "goes to the topic for late changes",
  drop: "is dropped",
  emit: "is emitted all the same",
  fail: "stops the lane",
};

/** Why the record has the fate that it has, as the end of a sentence. */
export function reasonOf(answer: Answer): string {
  return certainReasonOf(answer) + doubtOf(answer);
}

/** Whether the pipeline may have judged otherwise. What its store says of the key is the last word. */
export function isDoubtful({ claimed, perhaps, store }: Answer): boolean {
  const isConfirmed = store !== null && "owner" in store && store.owner === claimed?.owner;
  return perhaps && !isConfirmed;
}

function doubtOf(answer: Answer): string {
  if (!isDoubtful(answer)) return "";
  return `. The lane was read from ${answer.readFrom} on, and claims age by the time at which records are processed, which is not known of all of it: the pipeline may still have known an earlier copy`;
}

function certainReasonOf({ errors, fate, late, owner, offset, readFrom, seen, strategy }: Answer): string {
  const first = owner === null ? "another record" : place(owner);
  switch (fate.reason) {
    case "first":
      if (seen?.verdict === "pass") return "by the rule for its topic every record goes on, copies too";
      return `it owns its key: there is no earlier copy of it from ${readFrom} on`;
    case "possible-duplicate":
      return `${first} has the same identity and other content; since the beginning of its transaction was not seen, that does not prove a copy, and nothing may be lost`;
    case "duplicate":
      return owner !== null && owner.offset === offset
        ? "it is a duplicate"
        : `it is a duplicate: ${first} owns the key`;
    case "divergence":
      return `it is a copy of ${first} whose content differs: the replicas have diverged`;
    case "redelivery":
      return "its own source has sent it before on this lane";
    case "tombstone":
      return "tombstones of the input are consumed; each emitted delete is followed by one of its own";
    case "ignored":
      return isDebezium(strategy)
        ? "heartbeats are ignored: they say that a connector lives, and hold no change"
        : "by the rule for its topic no record goes on";
    case "late-snapshot":
      return "the lane has emitted streamed changes already, and a row of a later snapshot would take consumers back in time (dedup.snapshots)";
    case "snapshot":
      return "dedup.snapshots is drop";
    case "late":
      return `it is late: it wins its key newly, and lies at or before what the lane has left behind. A late change ${LATE[late] ?? late} (dedup.late: ${late})`;
    case "rejected":
      return `"${strategy}" cannot identify it: ${fate.detail ?? ""}. ${faultOf(errors)}`;
  }
  return fate.detail ?? fate.reason;
}

/** What becomes of a record at fault, by the configuration. */
function faultOf({ deadLetter, tolerance }: Answer["errors"]): string {
  if (tolerance === "none") return "It stops the pipeline (errors.tolerance: none)";
  return deadLetter === undefined
    ? "It is dropped and counted (errors.tolerance: all, without errors.deadLetter)"
    : `It goes to ${deadLetter.topic} (errors.tolerance: all)`;
}

/** Where log and store say different things, and why that may be. */
export function differenceOf({ claimed, floor, offset, readFrom, store }: Answer): string | null {
  if (claimed === null || store === null || "silent" in store || store.owner === claimed.owner) return null;
  const processed = floor !== null && offset < floor;
  if (store.owner === null)
    return processed
      ? "The pipeline has processed the record, and the store has no claim: it has expired (older than dedup.horizon and a quarter), or was lost, or was made under another name, identity, hash or bucketWidth."
      : "The pipeline has not processed the record yet, so there is no claim to be found.";
  if (store.owner < claimed.owner)
    return store.owner < readFrom
      ? `The owner lies before ${readFrom}, where the reading began: ask again with a longer --since, or with --since all.`
      : "The store knows an earlier copy than the log's identity finds: the identity was another one then, or two changes share a key.";
  return processed || store.owner < offset
    ? "The store's owner is a later copy: the first one's claim had expired or was lost when that came, or the pipeline began after the first copy."
    : "The claim was made by a record that is not committed yet.";
}

export function place({ offset, source, timestamp }: RecordLine): string {
  const by = source === null ? "" : ` by source ${source}`;
  return `${offset}${by}${timestamp < 0 ? "" : ` at ${new Date(timestamp).toISOString()}`}`;
}
