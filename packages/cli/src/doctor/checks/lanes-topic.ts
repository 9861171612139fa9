import { type Check, failure, type Finding, ok, orOk, warning } from "../check.ts";
import { setTopic } from "../kafka-tools.ts";

export const lanesTopic: Check = {
  id: "topics.lanes",
  about: "`<name>.lanes` has one partition and is compacted and nothing else: every lane's newest state is kept.",
  async look(patient) {
    const topic = patient.lanesTopic;
    const bootstrap = String(patient.client["bootstrap.servers"]);
    const [facts] = await patient.topicFacts([topic]);
    if (facts === undefined) return ok(`${topic} is not there yet: the pipeline creates it`);
    const [settings] = await patient.topicSettings([topic]);
    const policy = settings?.of.get("cleanup.policy") ?? "compact";
    const found: Finding[] = [];
    if (policy !== "compact")
      found.push(
        failure(
          `${topic} has cleanup.policy=${policy}: states of lanes at rest are deleted, and those lanes do not start again (LANE_STATE_MISSING)`,
          setTopic(bootstrap, topic, { "cleanup.policy": "compact", "retention.ms": -1 }),
        ),
      );
    const count = facts.partitions.length;
    if (count > 1)
      found.push(
        warning(
          `${topic} has ${count} partitions, of which the first is used`,
          "none is needed: create it with one before a pipeline's first start",
        ),
      );
    return orOk(found, `${topic} is compacted`);
  },
};
