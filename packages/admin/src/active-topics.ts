import type { EventOf, Pipeline } from "@tandem-cdc/core";

/** Topics that records came from and went to. */
export interface Topics {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Remembers the topics of what was committed, over the lives of a pipeline. */
export class ActiveTopics {
  readonly #prefix: string;
  readonly #inputs = new Set<string>();
  readonly #outputs = new Set<string>();

  constructor(outputPrefix: string) {
    this.#prefix = outputPrefix;
  }

  follow(pipeline: Pipeline): void {
    pipeline.on("committed", (event) => this.#committed(event));
  }

  get topics(): Topics {
    const outputs = [...this.#outputs].map((topic) => this.#prefix + topic);
    return { inputs: [...this.#inputs].toSorted(), outputs: outputs.toSorted() };
  }

  #committed({ lanes, outputs }: EventOf<"committed">): void {
    for (const { lane } of lanes) this.#inputs.add(lane.topic);
    let last: string | null = null;
    for (const batch of outputs)
      for (let i = 0; i < batch.length; i++) {
        const topic = batch.topic(i);
        if (topic === last) continue;
        last = topic;
        this.#outputs.add(topic);
      }
  }
}
