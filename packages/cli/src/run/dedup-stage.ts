import type { Clock, HashStrategy, IdentityStrategy, KeyStore, Transform } from "@tandem-cdc/core";
import { dedup, type RebuildOptions } from "@tandem-cdc/dedup";
import { lateTopicOf } from "../config/own-topics.ts";
import type { Config } from "../config/schema.ts";

export interface StageParts {
  readonly identity: IdentityStrategy;
  readonly shadow?: IdentityStrategy;
  readonly keyStore: KeyStore;
  readonly hash: HashStrategy;
  readonly rebuild?: RebuildOptions;
  readonly clock?: Clock;
}

/** The dedup stage by the rules of a configuration. */
export function dedupStage(config: Config, parts: StageParts): Transform {
  const { divergence, horizon, late, snapshots, tombstones } = config.dedup;
  const lateTopic = lateTopicOf(config);
  return dedup({
    ...parts,
    horizonMs: horizon,
    late,
    snapshots,
    tombstones,
    ...(lateTopic === undefined ? {} : { lateTopic }),
    ...(divergence === undefined ? {} : { divergence }),
  });
}
