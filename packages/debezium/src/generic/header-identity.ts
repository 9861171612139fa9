import { type IdentityStrategy, lastHeader } from "@tandem-cdc/core";
import { refuseNullKey } from "../record-key.ts";
import { unidentifiable } from "../unidentifiable.ts";
import { eachForItself } from "./each-for-itself.ts";

/**
 * The identity is the value of a header, which is different for every change and equal on its copies. The last header of
 * the name counts. A record without it is rejected.
 */
export function headerIdentity({ header }: { readonly header: string }): IdentityStrategy {
  return eachForItself("header", 1, (context) => ({
    identify(batch, i, into) {
      const value = lastHeader(batch, i, header);
      if (value === undefined || value === null || value.length === 0)
        throw unidentifiable(
          `header "${header}" is missing or empty, which identifies the change: have the producer add it to every record, or give this topic another rule`,
        );
      refuseNullKey(context, batch, i);
      into.bytes(value, `header.${header}`);
      return "change";
    },
  }));
}
