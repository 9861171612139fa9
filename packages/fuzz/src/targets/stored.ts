import { type BlockStore, BlockWriter, chain, decodeLaneState, readBlock } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup, memoryStore } from "@tandem-cdc/dedup";
import { cassandraBlockStore, type CassandraClient } from "@tandem-cdc/keystore-cassandra";
import { redisBlockStore } from "@tandem-cdc/keystore-redis";
import type { Target } from "../target.ts";
import { LANE } from "./lane.ts";
import { only } from "./tandem-errors.ts";

const storeErrors = only("STORE_UNSAFE", "STORE_UNAVAILABLE", "STORE_FULL", "CONFIG_INVALID");
const signal = new AbortController().signal;

function blockOf(claims: number): Uint8Array {
  const writer = new BlockWriter(0);
  for (let i = 0; i < claims; i++) writer.add(new Uint8Array(16).fill(i), 0, 100 * i, i);
  return writer.done()[0]?.bytes ?? new Uint8Array(0);
}

/** Blocks of claims. */
export const block: Target = {
  name: "block",
  seeds: [blockOf(1), blockOf(5), Buffer.concat([blockOf(1), blockOf(1)])],
  words: ["808080808080808001", "ffffffffffffff7f", "80", "01"].map((hex) => Buffer.from(hex, "hex")),
  async open() {
    return (input) => readBlock(input, 0, () => undefined);
  },
  allows: only("STORE_UNSAFE"),
};

/** Everything that a bucket holds, decoded. */
async function readBucket(store: BlockStore): Promise<void> {
  for await (const { bytes, first } of store.load(LANE.lane, 0, signal)) readBlock(bytes, first, () => undefined);
}

/** The input in pieces: a byte says how long the next one is. */
function pieces(input: Uint8Array): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < input.length;) {
    const length = input[at++] ?? 0;
    found.push(Buffer.from(input.subarray(at, at + length)));
    at += length;
  }
  return found;
}

const joined = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.flatMap((part) => [Buffer.from([part.length]), Buffer.from(part)]));

const INFO = "redis_version:7.0.15\r\nrole:master\r\nmaxmemory_policy:noeviction\r\nused_memory:5\r\naof_enabled:1\r\n";

/** Replies of Redis: first what INFO says, then a page or the names of blocks, each with its bytes. */
export const redis: Target = {
  name: "redis",
  seeds: [
    joined(INFO, "0", "0-0", blockOf(1), "1-400", blockOf(5)),
    joined(INFO, "7", "0-0", blockOf(1), "1-400", blockOf(5)),
    joined("valkey_version:8.0\nredis_version:7.2\nrole:slave", "0"),
  ],
  words: [
    "0-0",
    "9999999999999999-1",
    "-",
    "redis_version:",
    "role:slave",
    "maxmemory_policy:",
    "maxmemory:1",
    blockOf(2),
  ],
  async open() {
    return async (input) => {
      const [info = "", cursor = "0", ...page] = pieces(input);
      const ok = [null, 1] as const;
      const names = page.filter((_, i) => i % 2 === 0).map(String);
      const values = page.filter((_, i) => i % 2 === 1);
      const multi = { hset: () => multi, pexpire: () => multi, exec: async () => [ok, ok, ok] };
      const client = {
        on: () => undefined,
        info: async () => String(info),
        config: async () => page,
        multi: () => multi,
        hscanBuffer: async () => [cursor, page],
        hkeys: async () => names,
        hmgetBuffer: async (_: string, ...asked: readonly string[]) =>
          asked.map((name) => values[names.indexOf(name)] ?? null),
      };
      const store = await redisBlockStore({ client: client as never, namespace: "fuzz", horizonMs: 1_000 });
      await readBucket(store);
      await store.health();
    };
  },
  allows: storeErrors,
};

/** Rows of Cassandra: a block is two numbers, which the key cannot be without, and bytes; empty ones are null. */
export const cassandra: Target = {
  name: "cassandra",
  seeds: [joined("0", "0", blockOf(1), "1", "400", blockOf(5)), joined("0", "0", "")],
  words: ["0", "-1", "9007199254740993", "9223372036854775807", blockOf(2), Buffer.from([0])],
  async open() {
    let rows: Record<string, unknown>[] = [];
    const columns = COLUMNS.map(([column_name, type, kind, position]) => ({ column_name, type, kind, position }));
    const client: CassandraClient = {
      connect: async () => undefined,
      batch: async () => undefined,
      shutdown: async () => undefined,
      async execute(query) {
        const answer = query.includes("system_schema.keyspaces")
          ? [{ durable_writes: true, replication: { class: "NetworkTopologyStrategy", dc1: "3" } }]
          : query.includes("system_schema.tables")
            ? [{ default_time_to_live: 4_500, read_repair: "BLOCKING" }]
            : query.includes("system_schema.columns")
              ? columns
              : query.includes("system.")
                ? [{ data_center: "dc1" }]
                : rows;
        return { rows: answer, pageState: null } as never;
      },
    };
    const store = await cassandraBlockStore({ client, namespace: "fuzz", horizonMs: 3_600_000, keyspace: "cdc" });
    return async (input) => {
      const cells = pieces(input);
      rows = [];
      for (let i = 0; i < cells.length; i += 3) {
        const [first, last, value] = cells.slice(i, i + 3);
        rows.push({ first: numeric(first), last: numeric(last), value: value?.length === 0 ? null : (value ?? null) });
      }
      await readBucket(store);
    };
  },
  allows: storeErrors,
};

/** As a driver gives a bigint where it is told so. */
function numeric(cell: Buffer | undefined): bigint {
  return cell !== undefined && /^-?\d{1,19}$/.test(cell.toString()) ? BigInt.asIntN(64, BigInt(cell.toString())) : 0n;
}

const COLUMNS = [
  ["namespace", "text", "partition_key", 0],
  ["topic", "text", "partition_key", 1],
  ["partition", "int", "partition_key", 2],
  ["bucket", "bigint", "partition_key", 3],
  ["first", "bigint", "clustering", 0],
  ["last", "bigint", "clustering", 1],
  ["value", "blob", "regular", -1],
] as const;

const STATE =
  '{"version":1,"nextOffset":5,"anchor":{"offset":4,"timestamp":1,"checksum":7},"partitions":1,"stages":{"dedup":{"identity":{"mariadb":{"marks":{}}}}}}';

/** Lane state, and what deduplication and the identity find in it. */
export const laneState: Target = {
  name: "lane-state",
  seeds: [STATE, '{"version":1,"nextOffset":0,"anchor":null,"partitions":1,"stages":{}}'],
  words: [
    ...'{}[],:"'.split(""),
    ..."version nextOffset anchor partitions replayUpTo stages dedup identity marks null 1 -1 9007199254740993".split(
      " ",
    ),
    ..."mariadb mysql postgresql mongodb oracle sqlserver a b keylessDeletes open unaligned late streamedFrom".split(
      " ",
    ),
  ],
  async open() {
    const identities = [debeziumIdentity(), debeziumIdentity({ sources: { header: "connector" } })];
    const keyStore = memoryStore();
    const stages = identities.map((identity) => chain([dedup({ identity, keyStore, horizonMs: 1_000 })]));
    return async (input) => {
      const state = decodeLaneState(input);
      for (const stage of stages) await stage.openLane?.({ ...LANE, state: state.stages });
    };
  },
  // What a transform cannot make anything of is told with its name.
  allows: only("LANE_STATE_UNREADABLE", "TRANSFORM_FAILED"),
};
