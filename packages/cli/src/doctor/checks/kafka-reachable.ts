import { type Check, failure, ok } from "../check.ts";
import { type ClientProperties, openAdmin } from "@tandem-cdc/kafka";
import { asError } from "@tandem-cdc/core";

const REASON_MS = 1_000;

/** The client says "broker transport failure" of whatever it is; a connection of our own knows more. */
async function reasonOf(client: ClientProperties): Promise<string | undefined> {
  try {
    (await openAdmin(client, { timeoutMs: REASON_MS })).close();
    return undefined;
  } catch (thrown) {
    return asError(thrown).message;
  }
}

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
          `${at}: ${(await reasonOf(client)) ?? message}`,
          "start the brokers, or mend kafka.bootstrap.servers and the security properties",
        );
      return failure(`${at}: ${message.slice(0, advice.index).trim()}`, advice[1] ?? "");
    }
  },
};
