import { failure, type Finding, warning } from "./check.ts";
import type { Connector } from "./connect-rest.ts";
import { headerKeyOf } from "./pair.ts";

/** What two connectors on two replicas have to have each for itself, or may. */
const OF_EACH =
  /^(name|database\.(hostname|port|user|password|server\.id|server\.id\.offset)|mongodb\.(connection\.string|user|password)|slot\.name|custom\.metric\.tags|schema\.history\.internal\.(kafka\.topic|(producer|consumer)\..*)|snapshot\.locking\.mode|(producer|consumer|admin)\.override\..*|signal\.(kafka\.topic|kafka\.groupId|file|consumer\..*)|database\.ssl\..*|database\.jdbc\..*|tasks\.max)$/;

/** What does not change what a record says: how fast, when, what is logged. */
const HARMLESS =
  /^(poll\.interval\.ms|max\.batch\.size|max\.queue\..*|heartbeat\..*|snapshot\..*|errors\..*|connect\..*|retriable\..*|notification\..*|signal\..*|exactly\.once\.support|transaction\.boundary.*|tombstones\.on\.delete|offset.*|schema\.history\..*|max\.iteration.*|query\.fetch\.size|incremental\.snapshot\..*|topic\.creation\..*|provide\.transaction\.metadata)$/;

/** Differences that have a consequence of their own. */
const CONSEQUENCES: Readonly<Record<string, string>> = {
  "topic.prefix": "they write to different topics, so no change has a second copy",
  "message.key.columns": "copies have different keys, and land in different partitions",
};

const SECRET = /password|passphrase|secret|token|credential|jaas|\.pem$|\.key$|connection\.string/i;

export interface Compared {
  readonly header: string | undefined;
  /** A merge joins topics of different prefixes. */
  readonly merges: boolean;
}

/** A line for each key in which a connector differs from the first one and should not. No value of a secret is shown. */
export function differences(first: Connector, other: Connector, { header, merges }: Compared): Finding[] {
  const own = new Set(
    [first, other].flatMap((each) => (header === undefined ? [] : (headerKeyOf(each, header) ?? []))),
  );
  const keys = [...new Set([...Object.keys(first.config), ...Object.keys(other.config)])].toSorted();
  return keys.flatMap((key): Finding[] => {
    const [a, b] = [first.config[key], other.config[key]];
    if (a === b || own.has(key) || OF_EACH.test(key) || (merges && key === "topic.prefix")) return [];
    const consequence = CONSEQUENCES[key];
    const said = `${key} is ${shown(key, a)} on ${first.name} and ${shown(key, b)} on ${other.name}${consequence === undefined ? "" : `: ${consequence}`}`;
    const fix = `let both have the same ${key}`;
    return [HARMLESS.test(key) ? warning(said, fix) : failure(said, fix)];
  });
}

function shown(key: string, value: string | undefined): string {
  if (value === undefined) return "not set";
  if (SECRET.test(key)) return "another";
  return `"${value.replaceAll(/(:\/\/[^/@\s]*):[^@\s]*@/g, "$1:***@").slice(0, 200)}"`;
}
