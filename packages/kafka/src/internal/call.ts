import { asError, TandemError } from "@tandem-cdc/core";
import type { LibrdKafkaError } from "./rdkafka.ts";

type Done<T> = (error: LibrdKafkaError | null | undefined, result?: T) => void;

/** A call of the native client as a promise, with a deadline of its own: no callback may hold us for ever. */
export function call<T = void>(what: string, deadlineMs: number, start: (done: Done<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new TandemError("TRANSPORT_TIMEOUT", `${what} did not answer within ${deadlineMs} ms`, { retriable: true }),
      );
    }, deadlineMs);
    try {
      start((error, result) => {
        clearTimeout(timer);
        if (error !== null && error !== undefined) reject(error);
        else resolve(result as T);
      });
    } catch (thrown) {
      clearTimeout(timer);
      reject(asError(thrown));
    }
  });
}

/** Runs tasks one at a time, in the order of the calls. */
export class Serial {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T> | T): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
