/** A MariaDB GTID: domain, server and sequence. */
export interface Gtid {
  readonly domain: number;
  readonly server: number;
  readonly sequence: number;
}

/** Reads `0-101-44`; null for anything else. */
export function parseGtid(text: string): Gtid | null {
  const match = /^(\d{1,10})-(\d{1,10})-(\d{1,16})$/.exec(text);
  if (match === null) return null;
  const [domain = 0, server = 0, sequence = 0] = match.slice(1).map(Number);
  return Number.isSafeInteger(sequence) ? { domain, server, sequence } : null;
}
