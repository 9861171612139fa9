import { readFileSync } from "node:fs";
import { type LaneId, laneId, type ReplayFrom, TandemError } from "@tandem-cdc/core";
import { z } from "zod";
import { fileTrouble } from "../config/references.ts";

/** Below it a number of milliseconds would lie in 1973: it is a number of seconds. */
const LEAST_MS = 100_000_000_000;
const LANE = /^([A-Za-z0-9._-]{1,249}):(\d{1,9})$/;
const OFFSET = /^\d{1,15}$/;

/** What `--from` says: `earliest`, a time, offsets, or a file of offsets (`@file`). */
export function replayFrom(text: string, now: number = Date.now()): ReplayFrom {
  if (text === "earliest") return text;
  if (text.startsWith("@")) return { offsets: offsetsOf(offsetsIn(text.slice(1))) };
  if (text.includes("=")) return { offsets: offsetsOf(text.split(",").map(pair)) };
  const timestamp = /^\d+$/.test(text) ? milliseconds(Number(text)) : instant(text);
  if (timestamp > now) throw invalid(`${text} lies in the future`);
  return { timestamp };
}

function milliseconds(number: number): number {
  if (number >= LEAST_MS) return number;
  throw invalid(`${number} is no time in milliseconds since 1970 (from seconds, add three zeros)`);
}

function instant(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw invalid(
      `"${text}" is none of: earliest; a time such as 2026-01-31T08:00:00Z, or its milliseconds since 1970; offsets such as orders:0=1200,orders:1=900; @FILE with { "orders:0": 1200 }`,
    );
  if (text.includes(":") && !/(Z|[+-]\d{2}:?\d{2})$/i.test(text))
    throw invalid(`${text} has no time zone: add Z for UTC, or an offset such as +01:00`);
  return time;
}

function pair(text: string): readonly [string, string] {
  const at = text.lastIndexOf("=");
  return [text.slice(0, Math.max(at, 0)).trim(), text.slice(at + 1).trim()];
}

function offsetsOf(pairs: readonly (readonly [string, string])[]): ReadonlyMap<LaneId, number> {
  const offsets = new Map<LaneId, number>();
  for (const [lane, offset] of pairs.map(entry)) {
    if (offsets.has(lane)) throw invalid(`${lane} is named twice`);
    offsets.set(lane, offset);
  }
  return offsets;
}

function entry([lane, offset]: readonly [string, string]): readonly [LaneId, number] {
  const [, topic, partition] = LANE.exec(lane) ?? [];
  if (topic === undefined || !OFFSET.test(offset))
    throw invalid(`"${lane}=${offset}" is no topic:partition=offset, such as orders:0=1200`);
  return [laneId({ topic, partition: Number(partition) }), Number(offset)];
}

function offsetsIn(file: string): readonly (readonly [string, string])[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    throw invalid(`${file} ${fileTrouble(thrown)}`);
  }
  try {
    const offsets = z.record(z.string(), z.union([z.number(), z.string()])).parse(JSON.parse(text));
    return Object.entries(offsets).map(([lane, offset]) => [lane, String(offset)]);
  } catch {
    throw invalid(`${file} does not hold JSON such as { "orders:0": 1200, "orders:1": 900 }`);
  }
}

function invalid(what: string): TandemError {
  return new TandemError("CONFIG_INVALID", `--from: ${what}`);
}
