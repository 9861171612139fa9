import type { Right, TopicFacts } from "@tandem-cdc/kafka";
import { ownTopics } from "../../config/own-topics.ts";
import { type Check, failure, type Finding, orOk, skipped, warning } from "../check.ts";
import type { Patient } from "../patient.ts";

const FORBIDDEN = { topic: 29, group: 30, transactionalId: 53 };
const UNKNOWN_TOPIC = 3;

/** Kafka's own names, as kafka-acls.sh takes them. */
const NAMES: Readonly<Record<Right, string>> = {
  read: "Read",
  write: "Write",
  create: "Create",
  describe: "Describe",
  describeConfigs: "DescribeConfigs",
};

export const kafkaRights: Check = {
  id: "kafka.rights",
  about:
    "This user may read the inputs and `<name>.lanes`, write every output, and use the group and the transactional id.",
  async look(patient) {
    const found = [...(await onTopics(patient)), ...(await onGroupAndId(patient))];
    const { rights } = await patient.cluster();
    if (found.length === 0 && rights === undefined) return skipped("the brokers do not tell rights (Kafka before 2.3)");
    return orOk(found, "this user may do what the pipeline does");
  },
};

async function onTopics(patient: Patient): Promise<Finding[]> {
  const { config } = patient;
  const inputs = await patient.inputs();
  const literal = config.input.topics.filter((text) => !text.startsWith("/"));
  const wanted = new Map<string, readonly Right[]>();
  for (const topic of [...literal, ...inputs]) wanted.set(topic, ["read"]);
  for (const topic of [
    ...inputs.flatMap((topic) => patient.outputOf(topic) ?? []),
    ...ownTopics(config).map(({ topic }) => topic),
  ])
    wanted.set(topic, ["write"]);
  wanted.set(patient.lanesTopic, ["read", "write"]);
  const { rights: onCluster, topics } = await patient.cluster();
  const known = new Map(topics.map((facts) => [facts.topic, facts]));
  return [...wanted].flatMap(([topic, rights]) => {
    const facts = known.get(topic);
    if (facts === undefined) return [];
    const missing = missingOn(facts, rights, onCluster?.has("create") ?? true);
    return missing.length === 0 ? [] : [refusal(patient, `--topic ${topic}`, topic, missing)];
  });
}

/** A topic that is there to be written to has to be made first, where it is not there. */
function missingOn({ error, rights }: TopicFacts, wanted: readonly Right[], mayCreateAny: boolean): readonly Right[] {
  const creates = wanted.includes("write") && !mayCreateAny ? (["create"] as const) : [];
  if (error === FORBIDDEN.topic) return [...wanted, ...creates];
  if (rights === undefined) return [];
  return [...wanted, ...(error === UNKNOWN_TOPIC ? creates : [])].filter((right) => !rights.has(right));
}

async function onGroupAndId(patient: Patient): Promise<Finding[]> {
  const admin = await patient.admin();
  const { instance, name } = patient.config;
  const id = `${name}-${instance}`;
  const [group, onId] = await Promise.all([admin.group(name), admin.transactionalId(id)]);
  const found: Finding[] = [];
  const mayNot = group.error === FORBIDDEN.group || (group.rights !== undefined && !group.rights.has("read"));
  if (mayNot) found.push(refusal(patient, `--group ${name}`, `group ${name}`, ["read"]));
  if (onId === FORBIDDEN.transactionalId)
    found.push(refusal(patient, `--transactional-id ${id}`, `transactional id ${id}`, ["write"]));
  return found;
}

function refusal({ client }: Patient, option: string, what: string, missing: readonly Right[]): Finding {
  const names = [...new Set(missing)].map((right) => NAMES[right]);
  const told = missing.every((right) => right === "create") ? warning : failure;
  return told(
    `this user lacks ${names.join(" and ")} on ${what}`,
    `kafka-acls.sh --bootstrap-server ${client["bootstrap.servers"]} --add --allow-principal User:NAME ${names.map((name) => `--operation ${name}`).join(" ")} ${option}`,
  );
}
