import { laneId, OutcomesBuilder, type Transform } from "@tandem-cdc/core";

const encoder = new TextEncoder();

/**
 * The same, wrongly: it remembers the last numbers in a map of its own. That passes every test in which nothing goes
 * wrong. But an aborted transaction has counted, a restarted process has forgotten, and a lane's next owner never knew.
 */
export function numberedWrongly(): Transform {
  const numbers = new Map<string, number>();
  return {
    name: "numbered",
    apply(batch, { lane }) {
      const outcomes = new OutcomesBuilder("numbered", batch);
      let seq = numbers.get(laneId(lane)) ?? 0;
      for (let i = 0; i < batch.length; i++) {
        const header = { key: "seq", value: encoder.encode(String(++seq)) };
        outcomes.replace(i, [{ headers: [...batch.headers(i), header] }]);
      }
      numbers.set(laneId(lane), seq);
      return outcomes.done();
    },
  };
}
