import { type Clock, type ErrorPolicy, type KeyStore, TandemError, type Transform } from "@tandem-cdc/core";
import { loadHash, memoryStore } from "@tandem-cdc/dedup";
import { type Loaded, loadConfig, parseConfig } from "../config/load.ts";
import { ConfigError } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { topicOf } from "../config/topic-pattern.ts";
import { laterStages } from "./assemble.ts";
import { dedupStage } from "./dedup-stage.ts";
import { errorPolicy } from "./error-policy.ts";
import { mergeStage } from "./merge-stage.ts";
import { strategiesOf } from "./strategies.ts";

/** What `testPipeline` and `simulate` give to each process. */
export interface ConfigurationSite {
  readonly clock: Clock;
  readonly shared: <T>(name: string, make: () => T) => T;
}

export interface ConfiguredPipeline {
  readonly name: string;
  readonly transforms: readonly Transform[];
  readonly output: { readonly prefix: string };
  readonly commit: Config["commit"];
  readonly errors: ErrorPolicy;
  /** The first topic that the configuration names; none, where it has expressions only. */
  readonly topic?: string;
}

/**
 * The pipeline of a configuration, for a test: `testPipeline(configuration("tandem.yaml"))`. It is the whole pipeline but
 * for its servers: claims are kept in memory, over restarts, for as long as the configuration says at least. In place of a file, what would stand in
 * one; its paths are then relative to the working directory.
 */
export function configuration(
  source: string | object,
  env: Readonly<Record<string, string | undefined>> = process.env,
): (site: ConfigurationSite) => Promise<ConfiguredPipeline> {
  const file = typeof source === "string" ? source : "tandem.json";
  const load = (): Loaded =>
    typeof source === "string" ? loadConfig(source, env) : parseConfig(JSON.stringify(source), file, env);
  return async ({ clock, shared }) => {
    const { config } = told(load);
    const topic = config.input.topics.map(topicOf).find((each) => typeof each === "string");
    const later = await laterStages(config, file, clock);
    const first = config.dedup.mode === "merge" ? mergeStage(config) : await claims(config, file, { clock, shared });
    return {
      name: config.name,
      transforms: [first, ...later],
      output: config.output,
      commit: config.commit,
      errors: errorPolicy(config),
      ...(topic === undefined ? {} : { topic }),
    };
  };
}

/** A test's runner shows the message only. */
function told(load: () => Loaded): Loaded {
  try {
    return load();
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const lines = thrown.problems.map(({ key, message }) => `  ${key}: ${message}`);
    throw new TandemError("CONFIG_INVALID", [thrown.message, ...lines].join("\n"), { cause: thrown });
  }
}

async function claims(config: Config, file: string, { clock, shared }: ConfigurationSite): Promise<Transform> {
  const hash = await loadHash(config.dedup.hash);
  const strategies = await strategiesOf(config, file);
  const memory = shared("claims", () => memoryStore({ horizonMs: config.dedup.horizon, clock }));
  // It outlives the pipeline, as a server does.
  const keyStore: KeyStore = { ...memory, close: async () => undefined };
  return dedupStage(config, { ...strategies, keyStore, hash, clock });
}
