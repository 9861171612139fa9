import { type DataObject, TandemError } from "@tandem-cdc/core";
import { idOf } from "./comparison.ts";

/** The service that takes over: its rows by their ids; those that it does not have are left out. */
export interface Service {
  rows(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, DataObject>>;
}

/** Asks over HTTP: `GET <url>?id=1&id=2` answers with a list of rows, each with its `id`. */
export function httpService(url: string): Service {
  return {
    async rows(ids, signal) {
      const asked = new URL(url);
      for (const id of ids) asked.searchParams.append("id", id);
      const response = await fetch(asked, { signal }).catch(unavailable);
      if (!response.ok) unavailable(new Error(`${url} answered with ${response.status}`));
      const rows = (await response.json().catch(unavailable)) as readonly DataObject[];
      return new Map(rows.map((row) => [idOf(row), row]));
    },
  };
}

/** Tried again within the pipeline's `retry`. A service that is down is no mismatch. */
function unavailable(cause: unknown): never {
  throw new TandemError("TRANSFORM_FAILED", `the service cannot be asked: ${String(cause)}`, {
    cause,
    retriable: true,
  });
}
