import type { Batch, Identified, IdentityStrategy, IdentityWriter, LaneContext, LaneIdentity } from "@tandem-cdc/core";
import { rejectionOf } from "../unidentifiable.ts";

export type OpenLane = (context: LaneContext) => Pick<LaneIdentity, "identify" | "prepare">;

/** A strategy that looks at one record at a time and remembers nothing. A RECORD_ error that it throws rejects the record. */
export function eachForItself(name: string, version: number, open: OpenLane): IdentityStrategy {
  return {
    name,
    version,
    openLane(context) {
      const lane = open(context);
      return {
        prepare: (batch, signal) => lane.prepare?.(batch, signal),
        identify(batch: Batch, i: number, into: IdentityWriter): Identified {
          try {
            return lane.identify(batch, i, into);
          } catch (thrown) {
            return rejectionOf(thrown);
          }
        },
        state: () => undefined,
      };
    },
  };
}
