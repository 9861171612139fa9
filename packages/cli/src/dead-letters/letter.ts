import { type Batch, batchOf, type Header, type Lane, laneId, RecordView, select } from "@tandem-cdc/core";

const decoder = new TextDecoder();

/** Connect's headers, the first of which stands right behind the record's own. */
const CONNECT = "__connect.errors.";
const OURS = "tandem.";

/** A record that lies in a dead letter topic: one that was rejected, or that was late or has diverged. */
export interface Letter {
  readonly lane: Lane;
  readonly offset: number;
  /** As its stage received it, at its own coordinate. Null: no headers tell where it comes from. */
  readonly record: RecordView | null;
  /** As it lies in the topic. */
  readonly stored: RecordView;
  readonly pipeline: string;
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  /** Where it resumes; empty where it was not within a stage. */
  readonly resumeAt: string;
  /** Why it left the stream, where it was not rejected: `late` or `divergence`. */
  readonly reason: string;
  /** What became of the record was refused: the letter lacks its value. */
  readonly refused: boolean;
  /** The key that the record goes by, `bucket:digest`; empty where it has none. */
  readonly key: string;
  /** How often it was tried. */
  readonly attempts: number;
}

export function letterOf(batch: Batch, i: number): Letter {
  const headers = batch.headers(i);
  const begin = headers.findLastIndex(({ key }) => key === `${CONNECT}topic`);
  const told = begin < 0 ? new Map<string, string>() : contextOf(headers.slice(begin));
  const ours = (name: string): string => told.get(OURS + name) ?? "";
  const reason = ours("reason");
  return {
    lane: batch.lane,
    offset: batch.offset(i),
    record: recordOf(batch, i, headers.slice(0, Math.max(begin, 0)), told),
    stored: new RecordView(batch, i),
    pipeline: told.get(`${CONNECT}connector.name`) ?? "",
    stage: ours("stage") || (told.get(`${CONNECT}stage`) ?? ""),
    code: ours("code"),
    message: told.get(`${CONNECT}exception.message`) ?? [reason, ours("why")].filter((text) => text !== "").join(": "),
    resumeAt: ours("resume"),
    reason,
    refused: ours("refused") === "true",
    key: ours("key"),
    attempts: Number(told.get(`${OURS}attempts`) ?? 0),
  };
}

/** As `list` names it, and `show` and `redrive` take it. */
export function letterId({ lane, offset }: Pick<Letter, "lane" | "offset">): string {
  return `${laneId(lane)}@${offset}`;
}

/** What the headers of a letter tell, by name. */
export function contextOf(headers: readonly Header[]): ReadonlyMap<string, string> {
  return new Map(
    headers
      .filter(({ key }) => key.startsWith(CONNECT) || key.startsWith(OURS))
      .map(({ key, value }) => [key, value === null ? "" : decoder.decode(value)]),
  );
}

function recordOf(
  batch: Batch,
  i: number,
  headers: readonly Header[],
  told: ReadonlyMap<string, string>,
): RecordView | null {
  const topic = told.get(`${CONNECT}topic`);
  const [partition, offset] = ["partition", "offset"].map((name) => whole(told.get(CONNECT + name)));
  if (topic === undefined || partition === undefined || offset === undefined) return null;
  const plain = { offset, timestamp: batch.timestamp(i), key: batch.key(i), value: batch.value(i), headers };
  const moved = { topic: told.get(`${OURS}topic`), partition: whole(told.get(`${OURS}partition`)) };
  const record = batchOf({ topic, partition }, [plain]);
  if (moved.topic === undefined || moved.partition === undefined) return new RecordView(record, 0);
  const change = { topic: moved.topic, partition: moved.partition };
  return new RecordView(select(record, Int32Array.of(0), new Map([[0, change]])), 0);
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}
