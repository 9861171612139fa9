import type { IdentityWriter } from "@tandem-cdc/core";

/** A global transaction id. Sequences are counted within a domain; every domain has its own order. */
export interface Gtid {
  readonly domain: string;
  readonly sequence: number;
  /** MariaDB: the server that wrote it, which is no part of the domain. */
  readonly server?: number;
}

/** How a database writes its GTIDs. */
export interface GtidDialect {
  /** The database, for messages. */
  readonly database: string;
  /** Null for what is none. */
  parse(text: string): Gtid | null;
  /** Appends it to an identity. */
  write(gtid: Gtid, into: IdentityWriter): void;
}

/** `0-101-44`: domain, server, sequence. */
export const MARIADB_GTID: GtidDialect = {
  database: "MariaDB",
  parse(text) {
    const match = /^(\d{1,10})-(\d{1,10})-(\d{1,16})$/.exec(text);
    if (match === null) return null;
    const [domain = 0, server = 0, sequence = 0] = match.slice(1).map(Number);
    return Number.isSafeInteger(sequence) ? { domain: String(domain), server, sequence } : null;
  },
  write({ domain, sequence, server }, into) {
    into.number(Number(domain), "gtid domain");
    into.number(server ?? 0, "gtid server");
    into.number(sequence, "gtid sequence");
  },
};

/** `uuid:27`, or with a tag `uuid:nightly:27`: each tag of a server counts for itself. */
export const MYSQL_GTID: GtidDialect = {
  database: "MySQL",
  parse(text) {
    const match = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?::[a-z_]\w{0,31})?):(\d{1,16})$/i.exec(text);
    if (match === null) return null;
    const sequence = Number(match[2]);
    return Number.isSafeInteger(sequence) ? { domain: (match[1] ?? "").toLowerCase(), sequence } : null;
  },
  write({ domain, sequence }, into) {
    into.text(domain, "gtid domain");
    into.number(sequence, "gtid sequence");
  },
};
