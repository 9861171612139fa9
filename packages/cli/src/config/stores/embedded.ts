import { z } from "zod";
import { filledText } from "../values.ts";
import { maxClaimsInMemory } from "./max-claims.ts";

const path = () =>
  filledText()
    .describe(
      "The store's folder, relative to this file; made when it is not there. One process at a time. It ties the lanes to this machine: an instance elsewhere knows none of these claims, which gives duplicates, never loss.",
    )
    .meta({ shown: "folder" });

export const level = z.strictObject({ type: z.literal("level"), path: path(), maxClaims: maxClaimsInMemory() });

export const rocksdb = z.strictObject({ type: z.literal("rocksdb"), path: path(), maxClaims: maxClaimsInMemory() });
