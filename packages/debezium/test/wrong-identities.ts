import { type IdentityStrategy, TandemError } from "@tandem-cdc/core";
import { ChangeEvent, SOURCE_FIELD } from "../src/index.ts";

const decoder = new TextDecoder();

/** The trap: Debezium's own numbering, `(gtid, total_order)`. It counts from 1 again after a restart within a transaction. */
export const byTotalOrder: IdentityStrategy = {
  name: "total-order",
  version: 1,
  openLane: () => {
    const event = new ChangeEvent();
    return {
      identify(batch, i, into) {
        const value = batch.value(i);
        if (value === null) return "tombstone";
        const numbered = JSON.parse(decoder.decode(value)) as {
          readonly transaction: { readonly total_order: number } | null;
        };
        if (numbered.transaction === null) return new TandemError("RECORD_UNIDENTIFIABLE", "no transaction block");
        into.bytes(event.read(value).sourceRaw(SOURCE_FIELD.gtid));
        into.number(numbered.transaction.total_order);
        return "change";
      },
      state: () => undefined,
    };
  },
};
