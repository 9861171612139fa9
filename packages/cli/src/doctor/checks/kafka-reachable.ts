import { type Check, failure, ok } from "../check.ts";
import { asError } from "@tandem-cdc/core";

export const kafkaReachable: Check = {
  id: "kafka.reachable",
  about: "The brokers of `kafka.bootstrap.servers` let the pipeline's own client in.",
  async look({ client, topics }) {
    const at = String(client["bootstrap.servers"]);
    try {
      const found = await topics.get();
      return ok(`${at} answers, with ${found.length} topics that this user may see`);
    } catch (thrown) {
      const { message } = asError(thrown);
      // One that knows what to mend ends so: "(the broker ...: mend ...)".
      const advice = /\(([^()]*: mend [^()]*(?:\([^()]*\))?[^()]*)\)$/.exec(message);
      if (advice === null)
        return failure(
          `${at}: ${message}`,
          "start the brokers, or mend kafka.bootstrap.servers and the security properties",
        );
      return failure(`${at}: ${message.slice(0, advice.index).trim()}`, advice[1] ?? "");
    }
  },
};
