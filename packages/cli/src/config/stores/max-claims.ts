import { z } from "zod";
import { number } from "../values.ts";

/** Of a store that keeps claims elsewhere, too. */
export const maxClaimsInMemory = () =>
  number("number", z.int().min(1_000))
    .default(5_000_000)
    .describe(
      "Claims held in this process's memory at most, about 50 bytes each; what is beyond is loaded again when needed.",
    );
