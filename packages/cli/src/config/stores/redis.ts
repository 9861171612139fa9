import { z } from "zod";
import { filledText, flag, number } from "../values.ts";
import { maxClaimsInMemory } from "./max-claims.ts";
import { tls } from "./tls.ts";

/** Never repeats the text: a URL may hold a password. */
const url = filledText().refine((text) => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  return (
    parsed !== undefined &&
    /^rediss?:$/.test(parsed.protocol) &&
    /^\/?\d*$/.test(parsed.pathname) &&
    parsed.hostname !== ""
  );
}, 'has to look like "redis://host:6379", or "rediss://host:6379" for TLS; a database number may follow: "redis://host:6379/1"');

const address = filledText().regex(/^(\[[^\]]+\]|[^:[\]]+):\d{1,5}$/, "has to be host:port");
const addresses = () => z.array(address).min(1, "has to name at least one").meta({ shown: "list of `host:port`" });

const PLACES = ["url", "sentinels", "nodes"] as const;

export const redis = z
  .strictObject({
    type: z.literal("redis"),
    url: url
      .exactOptional()
      .describe(
        "One server: `redis://host:6379/0`, or `rediss://...` for TLS. Either this, or `nodes`, or `sentinels`.",
      ),
    nodes: addresses().exactOptional().describe("Some nodes of a cluster; the others are found by them."),
    sentinels: addresses().exactOptional().describe("The sentinels that know the master, together with `name`."),
    name: filledText().exactOptional().describe("What the sentinels call the master."),
    keyPrefix: z
      .string()
      .regex(/^[^{}]*$/, "must not contain braces")
      .default("tandem:")
      .describe("Every key begins with it. The pipeline's name follows, so that pipelines do not meet."),
    username: filledText().exactOptional().describe("User, where the server has an access control list."),
    password: filledText()
      .exactOptional()
      .describe("Password; `${env:...}` or `${file:...}` keep it out of this file."),
    sentinelUsername: filledText().exactOptional().describe("User at the sentinels."),
    sentinelPassword: filledText().exactOptional().describe("Password at the sentinels."),
    tls: tls("TLS: `true` trusts the system's authorities."),
    sentinelTls: tls("TLS to the sentinels, where it differs from `tls`."),
    allowEviction: flag()
      .default(false)
      .describe(
        "`true`: accept a server that may evict claims when its memory is short (a `maxmemory-policy` other than `noeviction`). Evicted claims give duplicates.",
      ),
    timeoutMs: number("milliseconds", z.number().min(1).max(600_000))
      .default(5_000)
      .describe("Longest wait for one answer."),
    maxClaims: maxClaimsInMemory(),
  })
  .superRefine((given, context) => {
    const places = PLACES.filter((place) => given[place] !== undefined);
    if (places.length !== 1)
      context.addIssue({
        code: "custom",
        message: `has to name the server by exactly one of ${PLACES.join(", ")} (there is ${places.join(", ") || "none"})`,
      });
    if ((given.sentinels === undefined) !== (given.name === undefined))
      context.addIssue({
        code: "custom",
        path: [given.name === undefined ? "name" : "sentinels"],
        message: "is missing: sentinels and name go together, name being what the sentinels call the master",
      });
  });
