import { asError, laneId, type RecordAddress, TandemError, TransactionError } from "@tandem-cdc/core";
import type { LibrdKafkaError } from "./rdkafka.ts";

/** Codes of librdkafka that the code relies on. */
export const ERR = {
  queueFull: -184,
  maxPollExceeded: -147,
  fatal: -150,
  timedOut: -185,
  state: -172,
  fenced: -144,
  autoOffsetReset: -140,
  assignPartitions: -175,
  revokePartitions: -174,
  unknownTopic: 3,
  sequenceSkipped: 45,
  topicAlreadyExists: 36,
  invalidTopic: 17,
  invalidPartitions: 37,
  fencedInstanceId: 82,
} as const;

/** The broker, or the client before it, refuses the record as such: repeating it cannot help. */
const RECORD_AT_FAULT = new Set([2, 4, 10, 18, 32, 44, 87]);
/** Repeating cannot help with these either, and no record is to blame. */
const HOPELESS = new Set([29, 30, 31, 33, 34, 35, 53, 58, -169]);
/** Topic, group, cluster, transactional id: the broker says that this user may not. */
const FORBIDDEN = new Set([29, 30, 31, 53]);
const RIGHTS =
  "grant this user READ on the input topics and the group <name>, WRITE (and CREATE) on the output topics, <name>.lanes and the dead letter topic, READ on <name>.lanes, and WRITE on the transactional id <name>-<instance>";

function withAdvice(message: string, code: number | undefined): string {
  return code !== undefined && FORBIDDEN.has(code) ? `${message} (${RIGHTS})` : message;
}

export function codeOf(thrown: unknown): number | undefined {
  const code = (thrown as { readonly code?: unknown } | null)?.code;
  return typeof code === "number" ? code : undefined;
}

/**
 * Sorts an error of a transaction call. The flags that librdkafka sets decide; an error without flags, or a deadline
 * of ours, leaves the outcome unknown: that producer is of no more use. Nor is one that had a delivery refused: its next
 * transaction skips sequence numbers, or its flush hangs.
 */
export function transactionError(what: string, thrown: unknown): TransactionError {
  if (thrown instanceof TransactionError) return thrown;
  const error = asError(thrown);
  const { isFatal, isTxnRequiresAbort } = error as Partial<LibrdKafkaError>;
  const code = codeOf(thrown);
  const recordAtFault = code !== undefined && RECORD_AT_FAULT.has(code);
  const refused = recordAtFault || code === ERR.sequenceSkipped || code === ERR.state;
  const usable = isFatal !== true && isTxnRequiresAbort === true && !refused;
  return new TransactionError(usable ? "abortable" : "fatal", withAdvice(`${what}: ${error.message}`, code), {
    cause: thrown,
    retriable: code === undefined || !HOPELESS.has(code),
    recordAtFault,
  });
}

/** Sorts an error of `produce`: the record's own fault, or the transaction's. */
export function produceError(thrown: unknown, record: RecordAddress): TransactionError {
  const { message } = asError(thrown);
  const code = codeOf(thrown);
  const what = `record ${laneId(record.lane)}@${record.offset}: ${message}`;
  if (thrown instanceof TandemError || (code !== undefined && RECORD_AT_FAULT.has(code)))
    return new TransactionError("abortable", what, { cause: thrown, record });
  // The transaction has failed already; `abort` tells how.
  if (code === ERR.state) return new TransactionError("abortable", what, { cause: thrown });
  return transactionError("producing", thrown);
}

/** A transaction call that ran out of its own timeout: the same call goes on where it stopped. */
export function isResumable(thrown: unknown): boolean {
  return codeOf(thrown) === ERR.timedOut && (thrown as Partial<LibrdKafkaError>).isRetriable === true;
}

export function isFenced(thrown: unknown): boolean {
  const code = codeOf(thrown) ?? codeOf((thrown as Error | null)?.cause);
  return (
    code === ERR.fenced ||
    code === ERR.fencedInstanceId ||
    code === 47 ||
    code === 90 ||
    /fenced/i.test(asError(thrown).message)
  );
}

/** Any other error of the client. Retriable unless a server said that it never will be. */
export function transportError(what: string, thrown: unknown): TandemError {
  if (thrown instanceof TandemError) return thrown;
  const error = asError(thrown);
  const code = codeOf(thrown);
  return new TandemError("TRANSPORT_FAILED", withAdvice(`${what}: ${error.message}`, code), {
    cause: thrown,
    retriable: code === undefined || !HOPELESS.has(code),
  });
}
