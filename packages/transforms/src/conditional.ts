import { asError, type Batch, chain, OutcomesBuilder, type Transform, when } from "@tandem-cdc/core";
import { opener } from "./opener.ts";
import { prepare } from "./preparing.ts";
import { ConnectRecord, type Converters } from "./record.ts";
import type { Step } from "./step.ts";
import { unlessAborted } from "./unless-aborted.ts";

type Condition = Required<Pick<Step, "name" | "predicate">> & Pick<Step, "negate">;

/** A transform on raw batches that gets the records for which the predicate holds; the others go around it. */
export function conditional(
  transform: Transform,
  { name, negate = false, predicate }: Condition,
  converters: Converters,
): Transform {
  const answers = new WeakMap<Batch, readonly boolean[]>();
  const open = opener([{ predicate }]);
  /** Of what cannot be told, the record is at fault and not the batch: it is found out before. */
  const judge: Transform = {
    name: `${transform.name}?`,
    openLane: ({ signal }) => unlessAborted(open(), signal),
    async apply(batch, { signal }) {
      await prepare(batch, converters, signal);
      const builder = new OutcomesBuilder(name, batch);
      const told: boolean[] = [];
      for (let i = 0; i < batch.length; i++)
        try {
          told.push(predicate.test(ConnectRecord.of(batch, i, converters)) !== negate);
        } catch (thrown) {
          builder.reject(i, asError(thrown));
        }
      const outcomes = builder.done();
      answers.set(outcomes.next, told);
      return outcomes;
    },
  };
  const condition = { name: predicate.name, test: (batch: Batch, i: number) => answers.get(batch)?.[i] === true };
  return chain([judge, when(condition, transform)], name);
}
