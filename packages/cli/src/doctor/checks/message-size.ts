import { type Check, type Finding, orOk, skipped, warning } from "../check.ts";
import { setTopic } from "../kafka-tools.ts";
import { lowest } from "./kafka-timeouts.ts";

const PRODUCER_BYTES = 16_777_216;

export const messageSize: Check = {
  id: "kafka.message-size",
  about:
    "The producer's `message.max.bytes` and the output topics' `max.message.bytes` allow what the input topics allow.",
  async look(patient) {
    const inputs = await patient.inputs();
    if (inputs.length === 0) return skipped("there is no input topic yet");
    const ours = patient.property("producer", "message.max.bytes", PRODUCER_BYTES);
    const outputs = inputs.flatMap((topic) => patient.outputOf(topic) ?? []);
    const settings = await patient.topicSettings([...inputs, ...outputs]);
    const bytes = new Map(settings.map(({ of, topic }) => [topic, Number(of.get("max.message.bytes"))]));
    const byDefault = async (): Promise<number> => lowest(await patient.brokerNumbers("message.max.bytes"));
    const found: Finding[] = [];
    for (const topic of inputs) {
      const most = bytes.get(topic);
      if (most === undefined) continue;
      if (most > ours)
        found.push(
          warning(
            `${topic} allows records of ${most} bytes, and the producer sends none above ${ours}`,
            `set kafka.producer: { message.max.bytes: ${most} }`,
          ),
        );
      const output = patient.outputOf(topic);
      if (output === undefined) continue;
      const takes = bytes.get(output) ?? (await byDefault());
      if (most > takes)
        found.push(
          warning(
            `${topic} allows records of ${most} bytes, and ${output} ${bytes.has(output) ? "takes" : "will take"} ${takes}: a larger one stops the pipeline (RECORD_POISON)`,
            bytes.has(output)
              ? setTopic(String(patient.client["bootstrap.servers"]), output, { "max.message.bytes": most })
              : `create ${output} with max.message.bytes=${most} before the pipeline starts`,
          ),
        );
    }
    return orOk(found, "whatever the input topics take goes through");
  },
};
