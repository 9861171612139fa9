import { topicOf } from "../../config/topic-pattern.ts";
import { type Check, failure, type Finding, orOk, warning } from "../check.ts";
import { counted, few } from "../words.ts";

export const inputTopicsExist: Check = {
  id: "topics.inputs",
  about: "Every input topic is there, and every expression matches one.",
  async look(patient) {
    const inputs = await patient.inputs();
    const found = patient.config.input.topics.flatMap((text): Finding[] => {
      const topic = topicOf(text);
      if (typeof topic === "string")
        return inputs.includes(topic)
          ? []
          : [
              failure(
                `input topic ${topic} does not exist`,
                `start the connectors, or kafka-topics.sh --bootstrap-server ${patient.client["bootstrap.servers"]} --create --topic ${topic}, or mend input.topics`,
              ),
            ];
      if (inputs.some((input) => topic.test(input))) return [];
      return [warning(`no topic matches ${text} yet`, "start the connectors, or mend input.topics")];
    });
    return orOk(found, `${counted(inputs.length, "input topic")}: ${few(inputs)}`);
  },
};
