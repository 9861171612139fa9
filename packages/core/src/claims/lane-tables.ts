import { type Lane, type LaneId, laneId } from "../lane.ts";
import { type AgedBlock, agedBlocks } from "./aged-blocks.ts";
import { readBlock } from "./block-format.ts";
import { ClaimTable } from "./claim-table.ts";

/** Claims expire in slices of this many to the kept lifetime. */
const SLICES = 8;

/** The tables of all lanes and buckets that are in memory, and how many claims they hold. */
export class LaneTables {
  readonly #keptMs: number;
  readonly #lanes = new Map<LaneId, Map<number, ClaimTable>>();
  #claims = 0;
  #swept: number;

  /** `keptMs`: how long a claim is kept at least. */
  constructor(keptMs: number, now: number) {
    this.#keptMs = keptMs;
    this.#swept = now;
  }

  get claims(): number {
    return this.#claims;
  }

  /** Memory of all tables' slots. */
  get bytes(): number {
    let bytes = 0;
    for (const tables of this.#lanes.values()) for (const table of tables.values()) bytes += table.bytes;
    return bytes;
  }

  get(lane: Lane, bucket: number): ClaimTable | undefined {
    return this.#lanes.get(laneId(lane))?.get(bucket);
  }

  /** Puts a table in; it may hold claims already. */
  set(lane: Lane, bucket: number, table: ClaimTable): void {
    const id = laneId(lane);
    const tables = this.#lanes.get(id) ?? new Map<number, ClaimTable>();
    this.#let(tables.get(bucket));
    this.#lanes.set(id, tables.set(bucket, table));
    table.held = true;
    this.#claims += table.size;
  }

  /** Claims in a table, and counts it, unless the table was dropped while its user waited for something. */
  claim(
    table: ClaimTable,
    digests: Uint8Array,
    at: number,
    coordinate: number,
    fingerprint: number,
    now: number,
  ): number {
    const before = table.size;
    const entry = table.claim(digests, at, coordinate, fingerprint, now);
    if (table.held) this.#claims += table.size - before;
    return entry;
  }

  /** The lane's claims. Claims may be made between two blocks: they are among them or not. */
  *blocks(lane: Lane): Generator<AgedBlock> {
    for (const [bucket, table] of this.#lanes.get(laneId(lane)) ?? [])
      yield* agedBlocks(bucket, table, this.#keptMs / SLICES);
  }

  /** Takes a block of `blocks` in. They have to come in the order that they were given in. */
  add(lane: Lane, { bucket, bytes, claimedAt, first }: AgedBlock): void {
    let table = this.get(lane, bucket);
    if (table === undefined) this.set(lane, bucket, (table = new ClaimTable(claimedAt)));
    const into = table;
    readBlock(bytes, first, (digests, at, coordinate, fingerprint) =>
      this.claim(into, digests, at, coordinate, fingerprint, claimedAt),
    );
  }

  drop(lane: Lane): void {
    for (const table of this.#lanes.get(laneId(lane))?.values() ?? []) this.#let(table);
    this.#lanes.delete(laneId(lane));
  }

  clear(): void {
    for (const tables of this.#lanes.values()) for (const table of tables.values()) this.#let(table);
    this.#lanes.clear();
  }

  /**
   * Now and then, or at once with `force`: drops whole buckets that nobody has written to for the kept lifetime, and
   * expired claims of those in use. `pinned` buckets stay as they are.
   */
  sweep(now: number, force = false, pinned: (table: ClaimTable) => boolean = () => false): void {
    const sliceMs = Math.max(1, Math.floor(this.#keptMs / SLICES));
    if (!force && now - this.#swept <= sliceMs) return;
    this.#swept = now;
    for (const tables of this.#lanes.values())
      for (const [bucket, table] of tables) {
        if (pinned(table)) continue;
        if (now - table.touched > this.#keptMs) {
          this.#let(table);
          tables.delete(bucket);
        } else if (now - table.oldest > this.#keptMs + sliceMs) this.#claims -= table.expire(now - this.#keptMs);
      }
  }

  /** Drops whole buckets, those first that were written to longest ago, until at most `claims` are left. */
  evict(claims: number, pinned: (table: ClaimTable) => boolean): void {
    if (this.#claims <= claims) return;
    const droppable = [...this.#lanes.values()].flatMap((tables) =>
      [...tables].filter(([, table]) => !pinned(table)).map(([bucket, table]) => ({ tables, bucket, table })),
    );
    droppable.sort((a, b) => a.table.touched - b.table.touched);
    for (const { bucket, table, tables } of droppable) {
      if (this.#claims <= claims) return;
      tables.delete(bucket);
      this.#let(table);
    }
  }

  /** A table is no longer held. */
  #let(table: ClaimTable | undefined): void {
    if (table === undefined) return;
    this.#claims -= table.size;
    table.held = false;
  }
}
