import type { IdentityRule } from "./identity.ts";
import type { Config } from "./schema.ts";

const WITHOUT_LOCALITY = ["content", "fields", "header"];

/** What should be known of what a configuration chooses, a line each. */
export function noticesOf({ dedup }: Config): readonly string[] {
  if (dedup.mode !== "claims") return [];
  return dedup.identity.flatMap((rule) => [...scattered(rule), ...alike(rule)]);
}

function scattered({ use }: IdentityRule): readonly string[] {
  if (!WITHOUT_LOCALITY.includes(use)) return [];
  return [
    `dedup.identity: keys of "${use}" are scattered: neighbours in the log share no bucket, so the claims of the whole horizon are in memory (about 50 bytes each), or loaded again and again`,
  ];
}

function alike({ use }: IdentityRule): readonly string[] {
  if (use !== "content") return [];
  return ['dedup.identity: to "content", two changes with equal content are one, and the second is dropped'];
}
