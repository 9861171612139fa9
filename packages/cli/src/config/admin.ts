import { isLoopback } from "@tandem-cdc/admin";
import { z } from "zod";
import { filledText, flag, number } from "./values.ts";

/** As it can stand in a header. Never repeated. */
const token = z
  .string()
  .regex(/^[\x21-\x7E]{16,}$/, "has to be 16 characters or more, without spaces: whoever has it may stop the pipeline");

export const admin = z
  .strictObject({
    enabled: flag().default(false).describe("`true`: serves the API."),
    host: filledText().default("127.0.0.1").describe("Address to listen on. Any other than loopback's needs a token."),
    port: number("number", z.int().min(0).max(65_535))
      .default(9405)
      .describe("`0`: any free port; `run` says which. Several pipelines on one machine need one each."),
    token: token
      .exactOptional()
      .describe(
        "Asked for as `Authorization: Bearer`, 16 characters or more; `${env:...}` or `${file:...}` keep it out of this file.",
      ),
    keepAlive: flag()
      .default(false)
      .describe(
        "What becomes of the process when the pipeline fails. `false`: it ends, with exit code 1, for its supervisor to start it again. `true`: it stays, and the pipeline is `FAILED` until the API restarts it.",
      ),
  })
  .refine(({ enabled, host, token }) => !enabled || isLoopback(host) || token !== undefined, {
    path: ["token"],
    message:
      "is missing: admin.host is not loopback, so everybody who reaches that address could stop the pipeline. Set a token, or admin.host to 127.0.0.1",
  })
  .prefault({});
