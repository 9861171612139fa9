import type { IdentityStrategy, PayloadFormat } from "@tandem-cdc/core";
import {
  contentIdentity,
  debeziumIdentity,
  fieldsIdentity,
  headerIdentity,
  ignoreIdentity,
  passIdentity,
  rules,
} from "@tandem-cdc/debezium";
import { type BuiltInRule, type IdentityRule, isBuiltInRule } from "../config/identity.ts";
import type { Config } from "../config/schema.ts";
import { topicOf } from "../config/topic-pattern.ts";
import { formatOf } from "./format.ts";
import { ownIdentity } from "./own-identity.ts";

export interface Strategies {
  readonly identity: IdentityStrategy;
  /** Compared, never in force. */
  readonly shadow?: IdentityStrategy;
}

const EVERY_TOPIC = [/^/];

/** What makes two records copies of one change, by the rules of a configuration. */
export async function strategiesOf(config: Config, configFile: string): Promise<Strategies> {
  const { identity, shadow } = config.dedup;
  const format = await formatOf(config);
  const strategyOf = (rule: IdentityRule, key: string): IdentityStrategy | Promise<IdentityStrategy> =>
    isBuiltInRule(rule) ? builtIn(rule, config, format) : ownIdentity(rule, key, configFile);
  const made = await Promise.all(
    identity.map(async (rule) => ({
      topics: rule.topics?.map(topicOf) ?? EVERY_TOPIC,
      use: await strategyOf(rule, "dedup.identity"),
    })),
  );
  const [only] = made;
  return {
    // A rule for every topic needs nobody to choose.
    identity: only !== undefined && only.topics === EVERY_TOPIC ? only.use : rules(made),
    ...(shadow === undefined ? {} : { shadow: await strategyOf(shadow, "dedup.shadow") }),
  };
}

function builtIn(rule: BuiltInRule, config: Config, format: PayloadFormat): IdentityStrategy {
  switch (rule.use) {
    case "content": {
      const { topics: _topics, use: _use, ...options } = rule;
      return contentIdentity({ format, ...options });
    }
    case "fields":
      return fieldsIdentity({ format, fields: rule.fields });
    case "header":
      return headerIdentity({ header: rule.header });
    case "pass":
      return passIdentity();
    case "ignore":
      return ignoreIdentity();
    case "debezium":
    case "mariadb":
    case "mysql":
    case "postgresql":
    case "mongodb":
    case "oracle":
    case "sqlserver":
      break;
  }
  return debezium(rule, config, format);
}

type DebeziumRule = Exclude<BuiltInRule, { readonly use: "content" | "fields" | "header" | "pass" | "ignore" }>;

function debezium(rule: DebeziumRule, { dedup }: Config, format: PayloadFormat): IdentityStrategy {
  const { bucketWidth, horizon, sources } = dedup;
  const { names, repointed } = sources ?? {};
  const given = { ...(names === undefined ? {} : { names }), ...(repointed === undefined ? {} : { repointed }) };
  const options = {
    format,
    horizonMs: horizon,
    ...(sources === undefined ? {} : { sources: { header: sources.header, ...given } }),
    ...(bucketWidth === undefined ? {} : { bucketWidth }),
    ...(rule.use === "debezium" ? {} : { connector: rule.use }),
    ...("binlog" in rule && rule.binlog !== undefined ? { binlog: rule.binlog } : {}),
  };
  return debeziumIdentity(options);
}
