import { type IdentityStrategy, RecordView, TandemError } from "@tandem-cdc/core";
import { unidentifiable } from "../unidentifiable.ts";
import { eachForItself } from "./each-for-itself.ts";

export interface CustomIdentityOptions {
  /** Part of every key, as the version is: change it when the function gives other identities for the same records. */
  readonly name: string;
  readonly version: number;
  /**
   * What is equal for two records exactly when they are copies of one change. Called once for every record of a lane, in
   * order, and again for the same record after a restart: it has to give the same then, so let nothing but the record
   * decide. Null, an empty text or an Error: this record has no identity and is rejected.
   */
  readonly identify: (record: RecordView) => Uint8Array | string | null | Error;
}

/** A strategy of your own, as one function. What it needs beyond that (lane state, fingerprints) is an `IdentityStrategy`. */
export function customIdentity({ identify, name, version }: CustomIdentityOptions): IdentityStrategy {
  if (typeof name !== "string" || name === "" || !Number.isSafeInteger(version))
    throw new TypeError("customIdentity: name has to be a text, and version a whole number");
  if (typeof identify !== "function") throw new TypeError("customIdentity: identify has to be a function of a record");
  return eachForItself(name, version, () => ({
    identify(batch, i, into) {
      const identity = called(identify, new RecordView(batch, i), name);
      if (identity instanceof Error) throw asRejection(identity);
      if (identity === null || identity === undefined || (isIdentity(identity) && identity.length === 0))
        throw unidentifiable(`identity strategy "${name}" found no identity in this record`);
      // What has no types may give anything: a number taken for bytes would be no bytes, and every record one change.
      if (!isIdentity(identity))
        throw unidentifiable(
          `identity strategy "${name}" gave ${kindOf(identity)}: it has to give a text or a Uint8Array, and not later`,
        );
      if (typeof identity === "string") into.text(identity, name);
      else into.bytes(identity, name);
      return "change";
    },
  }));
}

function isIdentity(given: unknown): given is string | Uint8Array {
  return typeof given === "string" || given instanceof Uint8Array;
}

function kindOf(given: unknown): string {
  if (given instanceof Promise) return "a promise";
  return Array.isArray(given) ? "a list" : `a value of type ${typeof given}`;
}

function called(identify: CustomIdentityOptions["identify"], record: RecordView, name: string): unknown {
  try {
    return identify(record);
  } catch (thrown) {
    if (thrown instanceof TandemError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw unidentifiable(`identity strategy "${name}" failed: ${why.slice(0, 200)}`, thrown);
  }
}

function asRejection(error: Error): TandemError {
  const rejects = error instanceof TandemError && error.code.startsWith("RECORD_");
  return rejects ? error : unidentifiable(error.message, error);
}
