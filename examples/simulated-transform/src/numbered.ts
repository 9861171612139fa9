import { OutcomesBuilder, type Transform } from "@tandem-cdc/core";

const encoder = new TextEncoder();

/** Numbers the records of each lane: a header `seq`, without a gap. The last number is lane state. */
export function numbered(): Transform {
  return {
    name: "numbered",
    apply(batch, context) {
      const outcomes = new OutcomesBuilder("numbered", batch);
      let seq = typeof context.state === "number" ? context.state : 0;
      for (let i = 0; i < batch.length; i++) {
        const header = { key: "seq", value: encoder.encode(String(++seq)) };
        outcomes.replace(i, [{ headers: [...batch.headers(i), header] }]);
      }
      context.state = seq;
      return outcomes.done();
    },
  };
}
