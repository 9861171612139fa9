import { z } from "zod";
import { filledText, flag, number } from "../values.ts";
import { maxClaimsInMemory } from "./max-claims.ts";
import { tls } from "./tls.ts";

const identifier = () =>
  z
    .string()
    .regex(/^[A-Za-z]\w{0,47}$/, "has to be a letter, then at most 47 letters, digits and '_'")
    .meta({ shown: "text" });

const credentials = z.strictObject({
  username: filledText().describe("Role to log in with."),
  password: filledText().describe("Its password; `${env:...}` or `${file:...}` keep it out of this file."),
});

export const cassandra = z.strictObject({
  type: z.literal("cassandra"),
  contactPoints: z
    .array(filledText())
    .min(1, "has to name at least one node")
    .describe("Some nodes, `host` or `host:port`; the others are found by them.")
    .meta({ shown: "list of texts" }),
  localDataCenter: filledText().describe("The data center that this process is in, as `nodetool status` calls it."),
  keyspace: identifier().describe("Keyspace; created when it is not there."),
  table: identifier()
    .default("tandem_claims")
    .describe("Table; created when it is not there. One table holds claims of one `dedup.horizon`."),
  consistency: z
    .enum(["LOCAL_QUORUM", "QUORUM", "ALL", "LOCAL_ONE", "ONE", "TWO", "THREE"])
    .default("LOCAL_QUORUM")
    .describe("Of reads and writes. Those weaker than a quorum need `acceptWeakConsistency: true`."),
  acceptWeakConsistency: flag()
    .default(false)
    .describe("`true`: what fewer replicas than a quorum say is enough. Claims that they lack give duplicates."),
  credentials: credentials.exactOptional().describe("Where the servers ask for a login."),
  tls: tls("TLS: `true` trusts the system's authorities."),
  createKeyspace: flag().default(true).describe("`false`: a keyspace that is not there is an error."),
  replication: z
    .record(z.string(), number("number", z.int().min(1)))
    .exactOptional()
    .describe(
      "Replicas by data center. Default: three in `localDataCenter`. Where it is given, a keyspace that is otherwise is refused.",
    )
    .meta({ shown: "numbers by data center" }),
  requestTimeoutMs: number("milliseconds", z.int().min(1).max(600_000))
    .default(5_000)
    .describe("Longest wait for one try of a statement."),
  concurrency: number("number", z.int().min(1).max(2_048))
    .default(64)
    .describe("Statements under way at the same time."),
  maxClaims: maxClaimsInMemory(),
});
