import { asError } from "@tandem-cdc/core";
import { native } from "./internal/rdkafka.ts";

/** Properties of librdkafka, as in its CONFIGURATION.md. */
export type ClientProperties = { readonly [property: string]: string | number | boolean };

export interface PropertyProblem {
  readonly part: "client" | "consumer" | "producer";
  readonly property: string;
  /** Follows the property's name in a sentence. Never holds its value: it may be a secret. */
  readonly message: string;
}

/** What the exactly-once protocol rests on: not the user's to change. */
const OURS: Readonly<Record<string, string>> = {
  "group.id": "it is the pipeline's name",
  "group.instance.id": "it is <name>-<instance>",
  "transactional.id": "it is <name>-<instance>",
  "enable.auto.commit": "offsets commit in the transaction",
  "enable.auto.offset.store": "offsets commit in the transaction",
  "enable.idempotence": "transactions need it",
  "isolation.level": "input is read committed",
  "auto.offset.reset": "a missing offset must never be guessed",
  "group.protocol": "only the classic protocol is tested",
  "partition.assignment.strategy": "only eager range assignment is tested",
  "enable.partition.eof": "polls rest on it",
  rebalance_cb: "the transport's own",
  dr_cb: "transactions report deliveries",
  dr_msg_cb: "transactions report deliveries",
};

/** Every property that is not the user's to set, or that librdkafka refuses. Contacts nothing. */
export function propertyProblems(parts: {
  readonly client?: ClientProperties;
  readonly consumer?: ClientProperties;
  readonly producer?: ClientProperties;
}): PropertyProblem[] {
  const found: PropertyProblem[] = [];
  for (const part of ["client", "consumer", "producer"] as const)
    for (const [property, value] of Object.entries(parts[part] ?? {})) {
      const ours = OURS[property];
      const message = ours === undefined ? refused(property, value) : `cannot be set: ${ours}`;
      if (message !== undefined) found.push({ part, property, message });
    }
  return found;
}

/** Why librdkafka does not take a property. A client that does not connect costs nothing. */
function refused(property: string, value: string | number | boolean): string | undefined {
  try {
    void new (native().Producer)({ [property]: value });
    return undefined;
  } catch (thrown) {
    const { message } = asError(thrown);
    if (message.startsWith("No such configuration property")) return "is not a property of librdkafka";
    return `is refused by librdkafka: ${message.replaceAll(`"${String(value)}" `, "")}`;
  }
}
