import { type Batch, type LaneContext, laneId, lastHeader, TandemError } from "@tandem-cdc/core";
import { TextCache } from "./text-cache.ts";
import { unidentifiable } from "./unidentifiable.ts";

/** How a record tells which connector sent it. */
export interface SourcesOptions {
  /** The name of a static header. */
  readonly header: string;
  /** The sources to expect; another name is rejected. Default: any, up to 64 on a lane. */
  readonly names?: readonly string[];
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Reads the names of the sources from the records of a lane. */
export class SourceNames {
  readonly #options: SourcesOptions | undefined;
  readonly #last = new TextCache();

  constructor(options: SourcesOptions | undefined) {
    this.#options = options;
  }

  /** Undefined where sources are not known. Throws RECORD_UNIDENTIFIABLE for a record that does not name one of them. */
  of(batch: Batch, i: number): string | undefined {
    if (this.#options === undefined) return undefined;
    const { header, names } = this.#options;
    const value = lastHeader(batch, i, header);
    if (value === undefined || value === null || value.length === 0)
      throw unidentifiable(
        `header "${header}" is missing, which names the connector: add a static InsertHeader to each connector, or leave dedup.sources out`,
      );
    const source = this.#last.text(value, 0, value.length, utf8);
    if (names !== undefined && !names.includes(source))
      throw unidentifiable(
        `source "${source.slice(0, 60)}" is not one of ${names.join(", ")}: add it to dedup.sources.names`,
      );
    return source;
  }
}

/** Sources of a lane, where any name will do: far more than there are, far fewer than a header of traces has values. */
const MOST_SOURCES = 64;

/** Names that are listed are as many as they are. Without a list each new one would stay in the lane's state for good. */
export function refuseMoreSources(
  { lane }: LaneContext,
  options: SourcesOptions | undefined,
  count: number,
  source: string,
  offset: number,
): void {
  if (options === undefined || options.names !== undefined || count < MOST_SOURCES) return;
  throw new TandemError(
    "CONFIG_INVALID",
    `lane ${laneId(lane)}@${offset}: header "${options.header}" has named ${MOST_SOURCES} sources already, and now "${source.slice(0, 60)}": ` +
      "it has to name the connector, with one value for all that it sends, as a static InsertHeader does. " +
      "Mend dedup.sources.header where it names something else, and list the connectors in dedup.sources.names, which has no such limit.",
  );
}
