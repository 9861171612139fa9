import type { IdentityStrategy } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import type { Config } from "../config/schema.ts";

/** What makes two records copies of one change, by the rules of a configuration. */
export async function identityOf(
  { dedup: { bucketWidth, sources } }: Config,
  _file: string,
): Promise<IdentityStrategy> {
  return debeziumIdentity({
    ...(sources === undefined
      ? {}
      : { sources: { header: sources.header, ...(sources.names === undefined ? {} : { names: sources.names }) } }),
    ...(bucketWidth === undefined ? {} : { bucketWidth }),
  });
}
