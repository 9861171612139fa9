import { Reader } from "./io.ts";
import { JSON_WIRE, type RowChange, rowChange, type Wire } from "./row-change.ts";

interface Followed {
  readonly topic: string;
  readonly reader: Reader;
}

/** Follows change topics from their beginning and keeps what they hold. */
export class ChangeFollower {
  readonly changes: RowChange[] = [];
  readonly #readers: readonly Followed[];
  readonly #wire: Wire;
  readonly #counts = new Map<string, number>();

  private constructor(readers: readonly Followed[], wire: Wire) {
    [this.#readers, this.#wire] = [readers, wire];
  }

  static async open(bootstrap: string, topics: readonly string[], wire: Wire = JSON_WIRE): Promise<ChangeFollower> {
    return new ChangeFollower(
      await Promise.all(topics.map(async (topic) => ({ topic, reader: await Reader.open(bootstrap, topic) }))),
      wire,
    );
  }

  /** Records of a transaction (of the snapshot: ""), from one source or from all; tombstones are not counted. */
  count(gtid: string, source = ""): number {
    return this.#counts.get(`${source} ${gtid}`) ?? 0;
  }

  /** Reads on until `enough` says so. */
  async until(what: string, timeoutMs: number, enough: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!(await enough())) {
      if (Date.now() > end)
        throw new Error(`${what}: not within ${timeoutMs} ms, after ${this.changes.length} records`);
      for (const { reader, topic } of this.#readers) {
        const records = await reader.read();
        await this.#wire.learn(records);
        for (const record of records) this.#add(rowChange(topic, record, this.#wire));
      }
    }
  }

  #add(change: RowChange): void {
    this.changes.push(change);
    if (change.kind === "tombstone") return;
    for (const source of new Set(["", change.source])) {
      const key = `${source} ${change.gtid}`;
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map(({ reader }) => reader.close()));
  }
}
