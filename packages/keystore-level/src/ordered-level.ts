import { type OrderedKeyValues, TandemError } from "@tandem-cdc/core";
import type { ClassicLevel } from "classic-level";

/** What is used of a `ClassicLevel`, whatever its own encodings are. */
export type LevelDatabase = Pick<ClassicLevel<Uint8Array, Uint8Array>, "batch" | "clear" | "iterator">;

const BYTES = { keyEncoding: "view", valueEncoding: "view" } as const;
/** Digests cannot be compressed. A larger buffer means fewer compactions; its log is read again at the next opening. */
const TUNING = { compression: false, writeBufferSize: 32 * 1024 * 1024 } as const;
const PAGE_BYTES = 256 * 1024;
const MOVE_AWAY =
  "Move the directory away and start again: without its claims changes may be emitted twice, none is lost.";

/** Opens the database of a directory, which it owns. */
export async function openLevel(path: string): Promise<OrderedKeyValues> {
  if (path === "") throw new TypeError("path has to name a directory");
  const { ClassicLevel } = await import("classic-level").catch((cause: unknown) => {
    throw new TandemError(
      "NATIVE_MODULE_MISSING",
      "classic-level cannot be loaded on this machine: run `npm rebuild classic-level`, or choose another store",
      { cause },
    );
  });
  const database = new ClassicLevel<Uint8Array, Uint8Array>(path, { ...BYTES, ...TUNING });
  try {
    await database.open();
  } catch (error) {
    throw refused(path, (error as Error).cause ?? error);
  }
  return orderedLevel(database, () => database.close());
}

export function orderedLevel(database: LevelDatabase, close: () => Promise<void>): OrderedKeyValues {
  return {
    async write(entries) {
      const puts = entries.map(([key, value]) => ({ type: "put" as const, key, value }));
      // LevelDB syncs the writes of several callers together.
      await database.batch(puts, { ...BYTES, sync: true }).catch(failed);
    },
    async *range(from, to) {
      try {
        yield* database.iterator({ ...BYTES, gte: from, lt: to, highWaterMarkBytes: PAGE_BYTES });
      } catch (error) {
        failed(error);
      }
    },
    deleteRange: (from, to) => database.clear({ gte: from, lt: to, keyEncoding: "view" }).catch(failed),
    close: () => close().catch(failed),
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Why it does not open. */
function refused(path: string, cause: unknown): TandemError {
  const code = codeOf(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  if (code === "LEVEL_LOCKED")
    return new TandemError(
      "CONFIG_INVALID",
      `the LevelDB at ${path} is open already, in another process or in this one: end the other instance, or give each a path of its own (two pipelines in one process may share an opened database)`,
      { cause },
    );
  if (code === "LEVEL_CORRUPTION")
    return new TandemError("STORE_UNSAFE", `the LevelDB at ${path} is damaged, or is none: ${message}. ${MOVE_AWAY}`, {
      cause,
    });
  if (code.startsWith("E"))
    return new TandemError(
      "CONFIG_INVALID",
      `the LevelDB at ${path} cannot be opened: ${message}. Give a directory that this process may write to.`,
      { cause },
    );
  return new TandemError("STORE_UNAVAILABLE", `the LevelDB at ${path} cannot be opened: ${message}`, {
    cause,
    retriable: true,
  });
}

/** Why a call failed. */
function failed(cause: unknown): never {
  const code = codeOf(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  if (code === "LEVEL_CORRUPTION")
    throw new TandemError("STORE_UNSAFE", `LevelDB found its data damaged: ${message}. ${MOVE_AWAY}`, { cause });
  // A database that is closed stays closed.
  const closed = code === "LEVEL_DATABASE_NOT_OPEN" || code === "LEVEL_ITERATOR_NOT_OPEN";
  throw new TandemError("STORE_UNAVAILABLE", `LevelDB: ${message}`, { cause, retriable: !closed });
}
