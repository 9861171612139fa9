import { z } from "zod";
import { nearest } from "../suggestion.ts";
import { filledText } from "../values.ts";
import { cassandra } from "./cassandra.ts";
import { level, rocksdb } from "./embedded.ts";
import { memory } from "./memory.ts";
import { redis } from "./redis.ts";
import { taken } from "./taken.ts";

/** The built-in stores, by type. */
const STORES = { memory, level, rocksdb, redis, cassandra };

export const STORE_TYPES: readonly string[] = Object.keys(STORES);

/** Options of somebody's own store are theirs: it takes what keys it likes. */
export interface OwnStore {
  readonly type: string;
  readonly [option: string]: unknown;
}

export type BuiltInStore = z.output<(typeof STORES)[keyof typeof STORES]>;

export function isBuiltIn(store: BuiltInStore | OwnStore): store is BuiltInStore {
  return Object.hasOwn(STORES, store.type);
}

const documented = z.object({
  type: z
    .string()
    .default("memory")
    .describe(
      "Where claims live. `memory`: in this process, forgotten on restart unless `rebuild` is on. `level`, `rocksdb`: in a folder of this machine. `redis`, `cassandra`: on servers. Their keys stand below. " +
        '`"./my-store.js"` (relative to this file) or a package name: your own, whose default export is `(options, { horizonMs, namespace }) => KeyStore`; every other key here is handed to it.',
    )
    .meta({ shown: "memory, level, rocksdb, redis, cassandra, a path or a package" }),
});

/** A bare word like one of ours is a slip rather than a package. */
function slip(type: string): string | undefined {
  return /^[\w-]+$/.test(type) ? nearest(type, STORE_TYPES) : undefined;
}

export const store = z
  .looseObject({ type: filledText().default("memory") })
  .transform((value, context): BuiltInStore | OwnStore => {
    const known = Object.hasOwn(STORES, value.type) ? STORES[value.type as keyof typeof STORES] : undefined;
    if (known !== undefined) return taken<z.ZodType<BuiltInStore>>(known, value, context);
    const meant = slip(value.type);
    if (meant === undefined) return value;
    context.addIssue({
      code: "custom",
      path: ["type"],
      message: `is no store; did you mean "${meant}"? (a module of your own is named by its path)`,
    });
    return z.NEVER;
  })
  .prefault({})
  .meta({ fields: documented, variants: STORES });
