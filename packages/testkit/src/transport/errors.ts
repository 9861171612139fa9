import { asError, TandemError, TransactionError } from "@tandem-cdc/core";
import { BrokerError } from "../kafka/broker-error.ts";

/** Sorts what a transaction call failed with, as a client does. */
export function transactionError(what: string, thrown: unknown): TransactionError {
  if (thrown instanceof TransactionError) return thrown;
  const kind = thrown instanceof BrokerError ? thrown.kind : null;
  const abortable = kind === "UNKNOWN_MEMBER_ID" || kind === "ILLEGAL_GENERATION" || kind === "FENCED_INSTANCE_ID";
  return new TransactionError(abortable ? "abortable" : "fatal", `${what}: ${asError(thrown).message}`, {
    cause: thrown,
  });
}

export function transportError(what: string, thrown: unknown): TandemError {
  if (thrown instanceof TandemError) return thrown;
  return new TandemError("TRANSPORT_FAILED", `${what}: ${asError(thrown).message}`, { cause: thrown, retriable: true });
}

export function unavailable(what: string): TandemError {
  return new TandemError("TRANSPORT_FAILED", `${what}: the brokers do not answer`, { retriable: true });
}

export function fenced(why: string): TandemError {
  return new TandemError(
    "INSTANCE_FENCED",
    `another live process runs this pipeline under the same name and instance (${why})`,
  );
}

export function isBroker(thrown: unknown, kind: BrokerError["kind"]): boolean {
  return thrown instanceof BrokerError && thrown.kind === kind;
}
