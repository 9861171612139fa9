import type { BinlogPosition } from "./marks.ts";

/** Changes that are remembered of one position. More than these come out twice where they are sent twice. */
const REMEMBERED = 100_000;

/**
 * What a source has sent from the highest position that it has reached. MySQL packs a compressed transaction
 * (`binlog_transaction_compression`) into one event, and Debezium gives all of its rows that event's position, with rows
 * counted from 0 in each part: a new change then looks as one that was sent before, but for what it says.
 */
export class Payload {
  #file = -1;
  #pos = -1;
  /** By row and rank: the contents that were seen there. */
  readonly #seen = new Map<number, Set<number>>();
  #remembered = 0;
  /** Several changes of one place: the transaction is such a one. */
  isShared = false;

  /** A change that stands higher than all before. */
  note({ file, pos, rank, row }: BinlogPosition, content: number): void {
    if (file !== this.#file || pos !== this.#pos) {
      this.#file = file;
      this.#pos = pos;
      this.#seen.clear();
      this.#remembered = 0;
      this.isShared = false;
    }
    this.#add(2 * row + rank, content);
  }

  /** Whether a change that does not stand higher is another one all the same; remembers it then. */
  isNew({ file, pos, rank, row }: BinlogPosition, content: number): boolean {
    if (file !== this.#file || pos !== this.#pos) return false;
    if (this.#seen.get(2 * row + rank)?.has(content) === true) return false;
    this.isShared = true;
    this.#add(2 * row + rank, content);
    return true;
  }

  #add(place: number, content: number): void {
    if (this.#remembered >= REMEMBERED) return;
    this.#remembered++;
    const contents = this.#seen.get(place);
    if (contents === undefined) this.#seen.set(place, new Set([content]));
    else contents.add(content);
  }
}
