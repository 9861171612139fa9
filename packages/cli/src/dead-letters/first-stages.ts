import { type HashStrategy, type KeyStore, TandemError, type Transform } from "@tandem-cdc/core";
import { loadHash } from "@tandem-cdc/dedup";
import type { Config } from "../config/schema.ts";
import { isBuiltIn } from "../config/stores/store.ts";
import { dedupStage } from "../run/dedup-stage.ts";
import { mergeStage } from "../run/merge-stage.ts";
import { openStore } from "../run/store.ts";
import { strategiesOf } from "../run/strategies.ts";
import { unlessOwned } from "./late-claim.ts";
import type { Stages } from "./redrive-stage.ts";

/** The store of a record whose key is its own: nobody is asked. */
const OURS: KeyStore = {
  claim: async (_, { coordinates, fingerprints, length }) => ({
    coordinates: coordinates.slice(0, length),
    fingerprints: fingerprints.slice(0, length),
  }),
  health: async () => ({ ok: true }),
  close: async () => undefined,
};

/** Why the store cannot be asked from another process; undefined where it can. */
export function unaskable({ dedup: { mode, store } }: Config): string | undefined {
  if (mode === "merge" || !isBuiltIn(store) || store.type !== "memory") return undefined;
  return "its claims are in the memory of the process that runs the pipeline";
}

/** What stands before the later stages. `claims`: some letter has to claim its key. */
export async function firstStages(config: Config, configFile: string, claims: boolean): Promise<Omit<Stages, "later">> {
  if (config.dedup.mode === "merge") {
    const stage = mergeStage(config);
    return { claiming: stage, emitting: stage };
  }
  const hash = await loadHash(config.dedup.hash);
  const emitting = await stage(config, configFile, hash, OURS);
  if (!claims) return { claiming: emitting, emitting };
  const store = await openStore(config, configFile);
  if (store.lookup === undefined) {
    await store.close();
    throw new TandemError(
      "CONFIG_INVALID",
      "the store has no lookup, so letters of stage dedup cannot be told from copies: give it one, or redrive them with --unclaimed",
    );
  }
  return { claiming: await stage(config, configFile, hash, unlessOwned(store)), emitting };
}

/** Dedup, without what would hold a redriven record back for its age. */
async function stage(config: Config, configFile: string, hash: HashStrategy, keyStore: KeyStore): Promise<Transform> {
  const { identity } = await strategiesOf(config, configFile);
  const { dedup } = config;
  const snapshots = dedup.snapshots === "drop" ? "drop" : "emit";
  return dedupStage({ ...config, dedup: { ...dedup, late: "emit", snapshots } }, { identity, keyStore, hash });
}
