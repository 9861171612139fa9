import { type Check, failure, type Finding, orOk, skipped, warning } from "../check.ts";
import { counted } from "../words.ts";

export const topicPartitions: Check = {
  id: "topics.partitions",
  about: "Every output topic has as many partitions as its input: records keep theirs.",
  async look(patient) {
    const inputs = await patient.topicFacts(await patient.inputs());
    if (inputs.length === 0) return skipped("there is no input topic yet");
    const outputs = inputs.flatMap(({ topic }) => patient.outputOf(topic) ?? []);
    const counts = new Map((await patient.topicFacts(outputs)).map((facts) => [facts.topic, facts.partitions.length]));
    const found = inputs.flatMap(({ partitions, topic }): Finding[] => {
      const output = patient.outputOf(topic) ?? "";
      const count = counts.get(output);
      const wanted = partitions.length;
      if (count === undefined || count === wanted) return [];
      const said = `${output} has ${counted(count, "partition")}, and ${topic} has ${wanted}`;
      const bootstrap = patient.client["bootstrap.servers"];
      if (count > wanted)
        return [warning(`${said}: the others stay empty`, "let consumers know, or choose another output.prefix")];
      return [
        failure(
          said,
          `kafka-topics.sh --bootstrap-server ${bootstrap} --alter --topic ${output} --partitions ${wanted}`,
        ),
      ];
    });
    const there = counts.size === 0 ? "outputs are created with as many" : `${counted(counts.size, "output")} as well`;
    const lanes = inputs.reduce((sum, { partitions }) => sum + partitions.length, 0);
    return orOk(found, `${counted(lanes, "lane")} in ${counted(inputs.length, "input topic")}; ${there}`);
  },
};
