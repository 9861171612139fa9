import { type Batch, type JsonValue, type LaneContext, laneId, lastHeader, TandemError } from "@tandem-cdc/core";
import { TextCache } from "./text-cache.ts";
import { unidentifiable } from "./unidentifiable.ts";

/** How a record tells which connector sent it. */
export interface SourcesOptions {
  /** The name of a static header. */
  readonly header: string;
  /** The sources to expect; another name is rejected. Default: any, up to 64 on a lane. */
  readonly names?: readonly string[];
  /**
   * What becomes of a lane on which a source turns out to read another binlog than before. `fail` (default) stops it.
   * `new-source` takes the source for a new one from there on, as if its header had changed: the way on where the records
   * are in the log already. Of the transaction that it comes in the middle of, possible duplicates are emitted.
   */
  readonly repointed?: "fail" | "new-source";
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Sources of a lane, where any name will do: far more than there are, far fewer than a header of traces has values. */
const MOST_SOURCES = 64;

/** Reads the names of the sources from the records of a lane. */
export class SourceNames {
  readonly #context: LaneContext;
  readonly #options: SourcesOptions | undefined;
  readonly #last = new TextCache();
  /** Names that were read, where none are listed. */
  readonly #read: Set<string>;

  constructor(context: LaneContext, options: SourcesOptions | undefined, state: JsonValue | undefined) {
    this.#context = context;
    this.#options = options;
    this.#read = new Set(options?.names === undefined && Array.isArray(state) ? state.map(String) : []);
  }

  /**
   * Undefined where sources are not known. Throws RECORD_UNIDENTIFIABLE for a record that does not name one of them, and
   * CONFIG_INVALID where there are more of them than a lane can have.
   */
  of(batch: Batch, i: number): string | undefined {
    if (this.#options === undefined) return undefined;
    const { header, names } = this.#options;
    const value = lastHeader(batch, i, header);
    if (value === undefined || value === null || value.length === 0)
      throw unidentifiable(
        `header "${header}" is missing, which names the connector: add a static InsertHeader to each connector, or leave dedup.sources out`,
      );
    const source = this.#last.text(0, value, 0, value.length, utf8);
    if (names === undefined) this.#count(source, header, batch.offset(i));
    else if (!names.includes(source))
      throw unidentifiable(
        `source "${source.slice(0, 60)}" is not one of ${names.join(", ")}: add it to dedup.sources.names`,
      );
    return source;
  }
  state(): JsonValue | undefined {
    return this.#read.size === 0 ? undefined : [...this.#read];
  }

  /** Names that are listed are as many as they are. Without a list each new one would be remembered for good. */
  #count(source: string, header: string, offset: number): void {
    if (this.#read.has(source)) return;
    if (this.#read.size >= MOST_SOURCES)
      throw new TandemError(
        "CONFIG_INVALID",
        `lane ${laneId(this.#context.lane)}@${offset}: header "${header}" has named ${MOST_SOURCES} sources already, and now "${source.slice(0, 60)}": ` +
          "it has to name the connector, with one value for all that it sends, as a static InsertHeader does. " +
          "Mend dedup.sources.header where it names something else, and list the connectors in dedup.sources.names, which has no such limit.",
      );
    this.#read.add(source);
  }
}
