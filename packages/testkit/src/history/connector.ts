import type { Header } from "@tandem-cdc/core";
import type { SimulatedKafka } from "../kafka/simulated-kafka.ts";
import type { Random } from "../random.ts";
import type { Change } from "./database.ts";

/** The header by which a connector names itself (a static `InsertHeader`). */
export const SOURCE_HEADER = "connector";

export interface ConnectorOptions {
  readonly kafka: SimulatedKafka;
  readonly random: Random;
  /** Its name, and that of its replica's binlog. */
  readonly source: string;
  readonly changes: readonly Change[];
  readonly now: () => number;
}

interface Position {
  readonly file: number;
  readonly pos: number;
  readonly row: number;
}

export function topicOf(table: string): string {
  return `cdc.shop.${table}`;
}

/**
 * A Debezium MariaDB connector as measured: sends every change of its replica in order, each at a place of its own
 * binlog. After a crash it goes on where its stored offset stood, also in the middle of a transaction, and then counts
 * the transaction's changes from 1 again.
 */
export class Connector {
  readonly source: string;
  readonly #options: ConnectorOptions;
  readonly #positions: readonly Position[];
  readonly #headers: readonly Header[];
  /** How many changes there are to send, so far. */
  limit: number;
  #next = 0;
  #highest = 0;
  #order = 0;
  #sequence = -1;
  /** Key and lane of a tombstone that is to follow. */
  #tombstone: Change | null = null;

  constructor(options: ConnectorOptions) {
    this.#options = options;
    this.source = options.source;
    this.limit = options.changes.length;
    this.#headers = [{ key: SOURCE_HEADER, value: Buffer.from(options.source) }];
    this.#positions = binlog(options.random, options.changes);
  }

  get done(): boolean {
    return this.#next >= this.limit && this.#tombstone === null;
  }
  /** How far it has been. */
  get sent(): number {
    return this.#highest;
  }

  /** Sends the next record. */
  step(): void {
    if (this.#tombstone !== null) {
      this.#append(this.#tombstone, null);
      this.#tombstone = null;
      return;
    }
    const change = this.#options.changes[this.#next];
    const position = this.#positions[this.#next];
    if (change === undefined || position === undefined) return;
    this.#order = change.sequence === this.#sequence ? this.#order + 1 : 1;
    this.#sequence = change.sequence;
    this.#append(change, Buffer.from(this.#event(change, position)));
    this.#tombstone = change.op === "d" ? change : null;
    this.#highest = Math.max(this.#highest, ++this.#next);
  }

  /** A crash: what was sent after the stored offset is sent again. */
  restart(back: number): void {
    if (this.#tombstone !== null) this.#next--;
    this.#tombstone = null;
    this.#next = Math.max(0, this.#next - back);
    this.#sequence = -1;
  }

  #append(change: Change, value: Uint8Array | null): void {
    const { kafka, now } = this.#options;
    const topic = topicOf(change.table);
    kafka.log({ topic, partition: partitionOf(change.key, kafka.partitions(topic)) }).append({
      key: change.key === null ? null : Buffer.from(change.key),
      value,
      headers: this.#headers,
      timestamp: Math.floor(now()),
    });
  }

  #event({ after, before, id, op, sequence, table }: Change, { file, pos, row }: Position): string {
    const { now, source } = this.#options;
    const seconds = 1_700_000_000 + sequence;
    return (
      `{"before":${before},"after":${after},"source":{"connector":"mariadb","name":"cdc","ts_ms":${seconds}000,` +
      `"snapshot":"false","db":"shop","table":"${table}","server_id":101,"gtid":"0-101-${sequence}",` +
      `"file":"bin-${source}.${String(file).padStart(6, "0")}","pos":${pos},"row":${row}},` +
      `"transaction":{"id":"0-101-${sequence}","total_order":${this.#order},"data_collection_order":${this.#order}},` +
      `"op":"${op}","ts_ms":${Math.floor(now())},"change":${id}}`
    );
  }
}

/** Kafka's partitioner, more or less: equal keys go to equal partitions. */
function partitionOf(key: string | null, partitions: number): number {
  let hash = 7;
  for (const character of key ?? "") hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash % partitions;
}

/**
 * Where the changes lie in one replica's binlog. Replicas differ in everything: positions, when files are rotated, and
 * how many rows of a statement share one event.
 */
function binlog(random: Random, changes: readonly Change[]): Position[] {
  const rowsPerEvent = random.pick([1, 2, 100]);
  let file = 1 + random.below(3);
  let pos = 4 + random.below(500);
  const made: Position[] = [];
  let last: Change | undefined;
  for (const change of changes) {
    const sameTransaction = change.sequence === last?.sequence;
    const sameStatement = sameTransaction && change.statement === last?.statement;
    if (!sameTransaction && random.chance(0.1)) {
      file++;
      pos = 4;
    }
    const firstOfEvent = !sameStatement || (change.row !== last?.row && change.row % rowsPerEvent === 0);
    if (firstOfEvent) pos += 40 + random.below(200);
    made.push({ file, pos, row: change.row % rowsPerEvent });
    last = change;
  }
  return made;
}
