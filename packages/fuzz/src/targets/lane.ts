import type { IdentityWriter, LaneContext } from "@tandem-cdc/core";

/** A lane of one partition at its beginning, whose past cannot be read any more. */
export const LANE: LaneContext = {
  lane: { topic: "cdc.shop.orders", partition: 0 },
  pipeline: "fuzz",
  partitions: 1,
  startOffset: 0,
  logStart: 0,
  lastTimestamp: null,
  replaying: false,
  signal: new AbortController().signal,
  state: undefined,
  async *replay() {},
  offsetAt: async () => 0,
  restoring: () => undefined,
  report: () => undefined,
  note: () => undefined,
};

/** Takes an identity and forgets it. */
export function nowhere(): IdentityWriter {
  return {
    bucket: -1,
    deletes: false,
    aligned: true,
    source: undefined,
    domain: "",
    position: Number.NaN,
    timeMs: Number.NaN,
    streamed: true,
    bytes: () => undefined,
    text: () => undefined,
    number: () => undefined,
    content: () => undefined,
  };
}
