import { asError } from "@tandem-cdc/core";
import { existingTopics } from "@tandem-cdc/kafka";
import { inputTopics } from "./config/own-topics.ts";
import { redacting } from "./config/redact.ts";
import type { Config } from "./config/schema.ts";
import { registryOf } from "./run/format.ts";
import { openStore } from "./run/store.ts";

/** One of the servers that a pipeline needs, and whether it answers. */
export interface Check {
  readonly name: "kafka" | "registry" | "store";
  readonly ok: boolean;
  /** What was found, or what is wrong and what to do. Without secrets, in one line. */
  readonly detail: string;
}

/** Asks everything that the configuration names, once, and leaves nothing open. */
export function checkServers(config: Config, configFile: string): Promise<readonly Check[]> {
  const safe = redacting(config);
  const check = async (name: Check["name"], ask: () => Promise<string>): Promise<Check> => {
    const answer = await ask().then(
      (detail) => ({ ok: true, detail }),
      (thrown: unknown) => ({ ok: false, detail: asError(thrown).message }),
    );
    return { name, ok: answer.ok, detail: safe(answer.detail).replaceAll(/\s*\n\s*/g, " ") };
  };
  return Promise.all([
    check("kafka", () => askBrokers(config)),
    ...(config.input.format === "json" ? [] : [check("registry", () => askRegistry(config))]),
    ...(config.dedup.mode === "merge" ? [] : [check("store", () => askStore(config, configFile))]),
  ]);
}

async function askBrokers(config: Config): Promise<string> {
  const { consumer: _consumer, producer: _producer, ...client } = config.kafka;
  const at = client["bootstrap.servers"];
  const existing = await existingTopics(client).catch((thrown: unknown) => {
    const { message } = asError(thrown);
    // One that says itself what to mend ends so.
    const advice = message.includes(": mend ")
      ? ""
      : ". Start the brokers, or mend kafka.bootstrap.servers and the security properties";
    throw new Error(`${at}: ${message}${advice}`, { cause: thrown });
  });
  const found = inputTopics(config, existing);
  return `${at} answers; input topics there: ${found.join(", ") || "none yet"}`;
}

async function askRegistry(config: Config): Promise<string> {
  const registry = await registryOf(config);
  try {
    const subjects = await registry.subjects();
    return `it answers and knows ${subjects.length} subject${subjects.length === 1 ? "" : "s"}`;
  } finally {
    registry.close();
  }
}

async function askStore(config: Config, configFile: string): Promise<string> {
  const { type } = config.dedup.store;
  const store = await openStore(config, configFile).catch((thrown: unknown) => {
    throw new Error(`${type}: ${asError(thrown).message}`, { cause: thrown });
  });
  try {
    const { detail = "", ok } = await store.health();
    if (!ok) throw new Error(`${type}: ${detail}`);
    return `${type} answers${detail === "" ? "" : `: ${detail}`}`;
  } finally {
    await store.close();
  }
}
