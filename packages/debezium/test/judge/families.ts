import type { Change, Row } from "./database.ts";
import { below, type Random } from "./random.ts";

/** What a connector tells of a change besides the row itself: where its database's log has it. */
export interface Told {
  /** Fields of the source block. */
  readonly source: Readonly<Record<string, unknown>>;
  /** The transaction's name in the transaction block. */
  readonly transaction: string;
}

/** One replica's log, as the connector on it reads it. */
export interface Replica {
  /** `fresh`: of the first transaction that the connector has ever streamed. */
  told(change: Change, fresh: boolean): Told;
  /** The source block of a snapshot's row. */
  snapshot(row: Row): Readonly<Record<string, unknown>>;
}

/** What is special about a history's log. */
export interface LogTraits {
  /** GTID sequences are not in the log's order. */
  readonly disorder?: boolean;
  /** All transactions are of one GTID domain. Where there are two, which have no order between them, rows belong to both. */
  readonly oneDomain?: boolean;
  /** Transactions lie in the log interwoven, and are told in the order of their commits. */
  readonly interwoven?: boolean;
}

/** A database and its connector. */
export interface Family {
  readonly name: string;
  /** A connector that goes on in the middle of a transaction counts its changes from 1 again. */
  readonly renumbers: boolean;
  /** Changes of one group have one position: a connector goes on at its beginning, or with what comes after it. */
  readonly resumesGroups: boolean;
  /** What all replicas of the history share is drawn at once, what each has for itself when it is asked for. */
  log(changes: readonly Change[], next: Random, traits: LogTraits): (name: string, next: Random) => Replica;
}

const SECOND = 1_700_000_000_000;
const SERVERS = ["3e11fa47-71ca-11e1-9e33-c80aa9429562", "4350f323-7565-4e59-8763-4b1b83a0ce0e"];

interface Place {
  readonly file: number;
  readonly pos: number;
  readonly row: number;
}

/** Where a replica's binlog has each change: how rows are packed into events differs from replica to replica. */
function binlog(changes: readonly Change[], next: Random): Place[] {
  const places: Place[] = [];
  let [file, pos, row] = [1, 4, 0];
  let last: Change | undefined;
  for (const change of changes) {
    const begins = last?.transaction !== change.transaction;
    // A primary-key change: both at one place.
    if (last?.group === change.group && last.op === "d") {
      places.push({ file, pos, row });
      last = change;
      continue;
    }
    if (begins && next() < 0.1) [file, pos] = [file + 1, 4];
    if (begins || next() < 0.4) [pos, row] = [pos + 30 + below(next, 300), 0];
    else row++;
    places.push({ file, pos, row });
    last = change;
  }
  return places;
}

interface Numbered {
  readonly domain: number;
  readonly sequence: number;
}

/** The GTID of each transaction: of one sequence, in one of two domains. */
function gtids(changes: readonly Change[], next: Random, { disorder, oneDomain }: LogTraits): Numbered[] {
  const count = (changes.at(-1)?.transaction ?? 0) + 1;
  const made = Array.from({ length: count }, (_, i) => ({
    domain: oneDomain !== true && next() < 0.2 ? 1 : 0,
    sequence: i + 1,
  }));
  if (disorder !== true) return made;
  const begun = new Set<number>();
  for (let i = 0; i + 1 < count; i++) {
    const [a, b] = [made[i], made[i + 1]];
    // What lies below the first of a domain on the lane came before it, and is late: that one stays.
    const stays = a === undefined || !begun.has(a.domain);
    if (changes.some(({ table, transaction }) => transaction === i && table !== "items")) begun.add(a?.domain ?? 0);
    if (stays || b?.domain !== a.domain) continue;
    if (next() < 0.4) [a.sequence, b.sequence] = [b.sequence, a.sequence];
  }
  return made;
}

function binlogFamily(name: string, gtid: (domain: number, sequence: number) => string | null): Family {
  return {
    name,
    renumbers: true,
    resumesGroups: false,
    log(changes, next, traits) {
      const numbers = gtids(changes, next, traits);
      return (replica, own) => {
        const places = binlog(changes, own);
        const file = (n: number): string => `${replica}.${String(n).padStart(6, "0")}`;
        return {
          told({ id, transaction }) {
            const place = places[id] ?? { file: 1, pos: 4, row: 0 };
            const { domain, sequence } = numbers[transaction] ?? { domain: 0, sequence: 0 };
            const named = gtid(domain, sequence);
            return {
              source: {
                connector: name,
                ts_ms: SECOND + 1_000 * transaction,
                server_id: 101,
                gtid: named,
                ...place,
                file: file(place.file),
                thread: null,
              },
              transaction: named ?? `file=${file(place.file)},pos=${place.pos}`,
            };
          },
          snapshot: () => ({
            connector: name,
            ts_ms: SECOND + below(own, 9_000),
            server_id: 0,
            gtid: null,
            file: file(1),
            pos: 4 + below(own, 9_000),
            row: 0,
          }),
        };
      };
    },
  };
}

export const mariadb: Family = binlogFamily("mariadb", (domain, sequence) => `${domain}-101-${sequence}`);
export const mysql: Family = binlogFamily("mysql", (domain, sequence) => `${SERVERS[domain]}:${sequence}`);
const withoutGtid = binlogFamily("mysql", () => null);

/** Without GTIDs, two connectors on one server: both read the same binlog. */
export const mysqlOneServer: Family = {
  ...withoutGtid,
  log(changes, next, traits) {
    const replica = withoutGtid.log(changes, next, traits)("bin", next);
    return () => replica;
  },
};

/** Without GTIDs, each connector on a server of its own: two binlogs of one name. */
export const mysqlTwoServers: Family = {
  ...withoutGtid,
  log(changes, next, traits) {
    const replica = withoutGtid.log(changes, next, traits);
    return (_, own) => replica("bin", own);
  },
};

/** Where a log has each group of changes, in bytes: in the order of the transactions or interwoven. */
function positions(changes: readonly Change[], next: Random, interwoven: boolean): { at: number[]; commits: number[] } {
  const times: { readonly time: number; readonly put: (at: number) => void }[] = [];
  const at: number[] = [];
  const commits: number[] = [];
  let time = 0;
  let group = -1;
  let transaction = -1;
  for (const [i, change] of changes.entries()) {
    if (change.transaction !== transaction) {
      // A long transaction began to write while earlier ones were open.
      transaction = change.transaction;
      const own = transaction;
      // The fraction keeps two transactions apart.
      const begin = 1_000 * own + own / 10_000;
      time = interwoven ? begin - below(next, 3_500) : begin;
      times.push({ time: begin + 999, put: (found) => (commits[own] = found) });
    }
    if (change.group === group) {
      times.push({ time, put: (found) => (at[i] = found) });
      continue;
    }
    group = change.group;
    time += 1 + below(next, (1_000 * transaction + 990 - time) / 8);
    times.push({ time, put: (found) => (at[i] = found) });
  }
  times.sort((a, b) => a.time - b.time);
  let bytes = 26_000_000;
  let before = Number.NaN;
  for (const entry of times) {
    if (entry.time !== before) bytes += 40 + below(next, 200);
    before = entry.time;
    entry.put(bytes);
  }
  return { at, commits };
}

/** Two slots of one server. A multi-insert has one LSN for all of its rows. */
export const postgresql: Family = {
  name: "postgresql",
  renumbers: false,
  resumesGroups: true,
  log(changes, next, { interwoven = false }) {
    const { at, commits } = positions(changes, next, interwoven);
    const slot: Replica = {
      told({ id, transaction }, fresh) {
        const lsn = at[id] ?? 0;
        // A connector knows no commit before the first one that it sees.
        const before = fresh || transaction === 0 ? null : String(commits[transaction - 1]);
        const txId = 700 + transaction;
        return {
          source: {
            connector: "postgresql",
            ts_ms: SECOND + 1_000 * transaction,
            schema: "public",
            sequence: JSON.stringify([before, String(lsn)]),
            txId,
            lsn,
            xmin: null,
          },
          transaction: `${txId}:${lsn}`,
        };
      },
      snapshot: () => {
        const lsn = 25_000_000 + below(next, 99_999);
        return {
          connector: "postgresql",
          ts_ms: SECOND + below(next, 9_000),
          schema: "public",
          sequence: JSON.stringify([null, String(lsn)]),
          txId: 600 + below(next, 99),
          lsn,
          xmin: null,
        };
      },
    };
    return () => slot;
  },
};

/** One replica set: a transaction's changes share its cluster time, single changes have one each. */
export const mongodb: Family = {
  name: "mongodb",
  renumbers: false,
  resumesGroups: false,
  log(changes, next) {
    const counts = new Map<number, number>();
    for (const { transaction } of changes) counts.set(transaction, (counts.get(transaction) ?? 0) + 1);
    const lsid = `{"id": "session ${below(next, 1_000)}"}`;
    const replica: Replica = {
      told({ transaction }) {
        const alone = counts.get(transaction) === 1;
        return {
          source: {
            connector: "mongodb",
            ts_ms: SECOND + 1_000 * (transaction >> 1),
            rs: "rs0",
            ord: 1 + (transaction & 1),
            lsid: alone ? null : lsid,
            txnNumber: alone ? null : transaction,
            wallTime: SECOND + 1_000 * (transaction >> 1) + 7,
          },
          transaction: `${lsid}:${transaction}`,
        };
      },
      snapshot: () => ({
        connector: "mongodb",
        ts_ms: SECOND + 1_000 * below(next, 9),
        rs: "rs0",
        ord: 1 + below(next, 9),
        lsid: null,
        txnNumber: null,
        wallTime: null,
      }),
    };
    return () => replica;
  },
};

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, "0");
const lsn = (n: number): string => `${hex(n >> 16, 8)}:${hex(n & 0xffff, 8)}:0003`;

/** One database's change tables. */
export const sqlserver: Family = {
  name: "sqlserver",
  renumbers: false,
  resumesGroups: false,
  log(changes, next, { interwoven = false }) {
    const { at, commits } = positions(changes, next, interwoven);
    const replica: Replica = {
      told: ({ id, op, transaction }) => ({
        source: {
          connector: "sqlserver",
          ts_ms: SECOND + 1_000 * transaction,
          schema: "dbo",
          change_lsn: lsn(at[id] ?? 0),
          commit_lsn: lsn(commits[transaction] ?? 0),
          event_serial_no: serialOf(changes, id, op),
        },
        transaction: lsn(commits[transaction] ?? 0),
      }),
      snapshot: () => ({
        connector: "sqlserver",
        ts_ms: SECOND + below(next, 9_000),
        schema: "dbo",
        change_lsn: null,
        commit_lsn: lsn(20_000_000 + below(next, 99_999)),
        event_serial_no: null,
      }),
    };
    return () => replica;
  },
};

/** An update's row after it is 2, its row before 1; other changes of one position count from 1. */
function serialOf(changes: readonly Change[], id: number, op: string): number {
  if (op === "u") return 2;
  let serial = 1;
  while (changes[id - serial]?.group === changes[id]?.group) serial++;
  return serial;
}

/** One database's redo log. */
export const oracle: Family = {
  name: "oracle",
  renumbers: false,
  resumesGroups: false,
  log(changes, next, { interwoven = false }) {
    const { at, commits } = positions(changes, next, interwoven);
    const replica: Replica = {
      told: ({ id, op, transaction }) => ({
        source: {
          connector: "oracle",
          ts_ms: SECOND + 1_000 * transaction,
          schema: "SHOP",
          txId: `0a0002${hex(transaction, 10)}`,
          scn: String(at[id] ?? 0),
          commit_scn: String(commits[transaction] ?? 0),
          lcr_position: null,
          rs_id: ` 0x${hex(at[id] ?? 0, 6)}.${hex(at[id] ?? 0, 8)}.0010 `,
          ssn: serialOf(changes, id, op) - 1,
          redo_thread: 1,
        },
        transaction: `0a0002${hex(transaction, 10)}`,
      }),
      snapshot: () => ({
        connector: "oracle",
        ts_ms: SECOND + below(next, 9_000),
        schema: "SHOP",
        txId: null,
        scn: String(20_000_000 + below(next, 99_999)),
        commit_scn: null,
        lcr_position: null,
        rs_id: null,
        ssn: 0,
        redo_thread: null,
      }),
    };
    return () => replica;
  },
};
