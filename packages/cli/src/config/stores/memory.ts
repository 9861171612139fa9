import { z } from "zod";
import { filledText, flag, number } from "../values.ts";

export const memory = z
  .strictObject({
    type: z.literal("memory"),
    maxClaims: number("number", z.int().min(1_000))
      .default(20_000_000)
      .describe("Claims kept at most, about 50 bytes each. When it is full the pipeline stops with an error."),
    rebuild: flag()
      .default(false)
      .describe(
        "`true`: a lane that starts first reads its past again, one `dedup.horizon` and a quarter of it, and claims without emitting. [What that costs](#a-memory-store-that-is-rebuilt).",
      ),
    checkpoint: filledText()
      .exactOptional()
      .describe(
        "With `rebuild` only: a folder, relative to this file, for a file of each lane's claims, written at every stop and every five minutes. A lane that starts reads only what came after its file again.",
      )
      .meta({ shown: "folder" }),
  })
  .superRefine(({ checkpoint, rebuild }, context) => {
    if (checkpoint !== undefined && !rebuild)
      context.addIssue({ code: "custom", path: ["checkpoint"], message: "goes with rebuild: true only" });
  });
