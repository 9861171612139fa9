import type { JsonValue } from "@tandem-cdc/core";
import { withoutSecrets } from "../config/redact.ts";
import type { Config } from "../config/schema.ts";

/** A configuration as it may be shown: with its defaults, without its secrets. */
export function shownConfig(config: Config): JsonValue {
  const { predicates, transforms } = config;
  const shown = {
    ...config,
    transforms: transforms.map(({ name, negate, options, predicate, type }) =>
      Object.assign({}, options, { name, type, predicate, negate }),
    ),
    predicates: Object.fromEntries(
      predicates.map(({ name, options, type }) => [name, Object.assign({}, options, { type })]),
    ),
  };
  return JSON.parse(JSON.stringify(withoutSecrets(shown))) as JsonValue;
}
