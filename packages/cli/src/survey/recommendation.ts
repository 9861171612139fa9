import { stringify } from "yaml";
import type { Config } from "../config/schema.ts";
import type { Counts, Ordering } from "./counts.ts";
import { durationText, horizonFor } from "./horizon.ts";

export interface Recommendation {
  /** What to write into the configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What to look after first, a sentence each. */
  readonly advice: readonly string[];
}

interface Found {
  readonly total: Counts;
  readonly header: string | undefined;
  readonly headers: readonly { readonly name: string; readonly values: readonly string[] }[];
}

const number = new Intl.NumberFormat("en");

/** What a survey's counts say of a configuration. */
export function recommendation(config: Config, found: Found): Recommendation {
  const { total } = found;
  const { identity } = config.dedup;
  const needed = horizonFor(total.latenessMaxMs ?? 0);
  const [only] = identity;
  const named = [...total.sources.keys()].toSorted();
  const dedup = {
    ...(identity.length === 1 && only?.use === "debezium" && Object.keys(only).length === 1 ? {} : { identity }),
    ...(found.header === undefined ? {} : { sources: { header: found.header, names: named } }),
    horizon: needed.ms > 172_800_000 ? needed.text : "2d",
  };
  const { format, registry, topics } = config.input;
  return {
    config: {
      name: config.name,
      kafka: { "bootstrap.servers": config.kafka["bootstrap.servers"] },
      input: {
        topics,
        ...(format === "json" ? {} : { format }),
        ...(registry.url === undefined ? {} : { registry: { url: withoutLogin(registry.url) } }),
      },
      dedup,
    },
    advice: adviceOf(found, needed),
  };
}

export function snippet({ config }: Recommendation): string {
  return stringify(config, { lineWidth: 0 });
}

const RESENT =
  "A connector was most likely started again from an earlier position and sends again what lies before what was read here, which the pipeline takes out. ";
const OUT_OF_ORDER: Readonly<Record<Ordering, string>> = {
  mariadb: "The database does not keep its transactions in strict order (gtid_strict_mode of MariaDB).",
  mysql: `${RESENT}Otherwise the replica does not keep the order of commits (replica_preserve_commit_order of MySQL).`,
  log: `${RESENT}Otherwise the log itself is out of order: look at the samples with tandem explain.`,
};

function adviceOf({ header, headers, total }: Found, needed: { readonly ms: number; readonly text: string }): string[] {
  const advice: string[] = [];
  const say = (count: number, what: string, then: string): void => {
    if (count > 0) advice.push(`${what}: ${number.format(count)}. ${then}`);
  };
  const [candidate] = headers;
  if (header === undefined)
    advice.push(
      candidate === undefined
        ? "No header names the connector: give each connector a static InsertHeader, so that sources are told apart and the identity is exact."
        : `Header "${candidate.name}" has the values ${candidate.values.join(", ")}: if it names the connector, ask again with --header ${candidate.name}.`,
    );
  else if (total.sources.size < 2)
    advice.push(
      `Header "${header}" names ${total.sources.size === 1 ? "one source" : "no source"} only: there is nothing to deduplicate until a second connector writes to these topics.`,
    );
  say(
    total.nullKeys,
    "Records without a key, on topics of several partitions",
    "Their copies land in different lanes, and the pipeline would stop at them. Give these topics one partition, or the tables a key (message.key.columns on the connectors).",
  );
  say(
    total.unidentifiable,
    "Records that cannot be identified",
    "See the reasons. Give their topics a rule of dedup.identity, or the records a dead letter topic (errors.tolerance: all).",
  );
  say(
    total.singleSource,
    header === undefined ? "Changes seen once" : "Changes of one source only",
    "Compare the connectors' table filters, and whether one of them lost changes.",
  );
  say(
    total.divergences,
    "Copies that differ from the first",
    "The replicas, or the connectors' settings, differ. dedup.divergence.topic collects such copies.",
  );
  say(
    total.ambiguous,
    "Records that may be copies or changes of their own",
    header === undefined
      ? "With known sources (--header) that is told."
      : "Their transactions began before what was read, or the identity cannot tell.",
  );
  say(
    total.orderViolations,
    "Changes that lie before what their source had sent",
    [...total.outOfOrder].map((ordering) => OUT_OF_ORDER[ordering]).join(" "),
  );
  if (total.latenessMaxMs !== null)
    advice.push(
      `The latest copy came ${durationText(total.latenessMaxMs)} after the first: dedup.horizon of ${needed.text} at least, and longer than a connector may be down.`,
    );
  return advice;
}

function withoutLogin(url: string | readonly string[]): string | readonly string[] {
  if (typeof url !== "string") return url.map((each) => withoutLogin(each) as string);
  const parsed = new URL(url);
  parsed.username = "";
  parsed.password = "";
  return parsed.href.replace(/\/$/, "");
}
