import { TandemError, type TransactionError } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { isFenced, isResumable, produceError, transactionError, transportError } from "../src/internal/errors.ts";
import { fenced } from "../src/internal/membership.ts";

/** An error as the client makes it. */
function clientError(
  code: number,
  flags: { isFatal?: boolean; isRetriable?: boolean; isTxnRequiresAbort?: boolean } = {},
  message = "it says so",
): Error {
  return Object.assign(new Error(message), { code, ...flags });
}

describe("errors of the transaction calls", () => {
  it("without flags are fatal: nobody knows what became of the call", () => {
    expect(transactionError("commitTransaction", clientError(-185)).fate).toBe("fatal");
    expect(transactionError("beginTransaction", new Error("no code at all")).fate).toBe("fatal");
  });

  it("with the abort flag are abortable", () => {
    expect(
      transactionError("commitTransaction", clientError(-185, { isTxnRequiresAbort: true, isFatal: false })).fate,
    ).toBe("abortable");
  });

  it("that are fatal and ask for an abort are fatal", () => {
    expect(
      transactionError("commitTransaction", clientError(-150, { isTxnRequiresAbort: true, isFatal: true })).fate,
    ).toBe("fatal");
  });

  it("that are only retriable are fatal: the call's outcome is unknown", () => {
    expect(transactionError("commitTransaction", clientError(-185, { isRetriable: true })).fate).toBe("fatal");
  });

  it("a deadline of ours leaves the outcome unknown too", () => {
    const deadline = new TandemError("TRANSPORT_TIMEOUT", "did not answer", { retriable: true });
    expect(transactionError("commitTransaction", deadline)).toMatchObject({
      fate: "fatal",
      retriable: true,
      cause: deadline,
    });
  });

  it("blame the record when the broker refused it as such, and give up the producer: its next transaction would hang", () => {
    expect(transactionError("commitTransaction", clientError(10, { isTxnRequiresAbort: true }))).toMatchObject({
      recordAtFault: true,
      fate: "fatal",
    });
    // What the next call says of the same refusal.
    for (const code of [45, -172])
      expect(transactionError("commitTransaction", clientError(code, { isTxnRequiresAbort: true }))).toMatchObject({
        recordAtFault: false,
        fate: "fatal",
      });
    expect(transactionError("commitTransaction", clientError(-192, { isTxnRequiresAbort: true })).recordAtFault).toBe(
      false,
    );
  });

  it("of missing rights are not tried again", () => {
    expect(transactionError("initTransactions", clientError(53)).retriable).toBe(false);
    expect(transportError("connecting", clientError(-169)).retriable).toBe(false);
    expect(transportError("connecting", clientError(-195)).retriable).toBe(true);
  });
});

it("a commit is resumed only when it says that it ran out of its own timeout", () => {
  expect(isResumable(clientError(-185, { isRetriable: true }))).toBe(true);
  expect(isResumable(clientError(-185))).toBe(false);
  expect(isResumable(clientError(10, { isRetriable: true, isTxnRequiresAbort: true }))).toBe(false);
  expect(isResumable(new TandemError("TRANSPORT_TIMEOUT", "did not answer", { retriable: true }))).toBe(false);
});

describe("errors of produce", () => {
  const record = { lane: { topic: "a", partition: 0 }, offset: 7 };

  it("name the record that is at fault", () => {
    const header = new TandemError("HEADER_NOT_REPRESENTABLE", "header");
    expect(produceError(header, record)).toMatchObject({
      fate: "abortable",
      record,
      recordAtFault: true,
      cause: header,
    });
    expect(produceError(clientError(10), record)).toMatchObject({
      fate: "abortable",
      record,
      message: "record a-0@7: it says so",
    });
  });

  it("of a transaction that has failed already are abortable, and blame nobody", () => {
    expect(produceError(clientError(-172), record)).toMatchObject({
      fate: "abortable",
      record: null,
      recordAtFault: false,
    });
  });

  it("of any other kind are fatal", () => {
    expect(produceError(clientError(-144), record)).toMatchObject({
      fate: "fatal",
      record: null,
    } satisfies Partial<TransactionError>);
  });
});

describe("fencing", () => {
  it.each([
    clientError(-144),
    clientError(82),
    clientError(47),
    clientError(90),
    new Error("Producer fenced by newer"),
  ])("is recognised: %s", (error) => {
    expect(isFenced(error)).toBe(true);
    expect(isFenced(transactionError("commitTransaction", error))).toBe(true);
  });

  it("is nothing else", () => {
    expect(isFenced(clientError(-195))).toBe(false);
    expect(isFenced(null)).toBe(false);
  });

  it("says what to do", () => {
    expect(fenced(clientError(82))).toMatchObject({
      code: "INSTANCE_FENCED",
      message: expect.stringContaining('give each instance its own "instance"') as string,
      retriable: false,
    });
  });
});
