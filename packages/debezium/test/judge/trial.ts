import { TandemError } from "@tandem-cdc/core";
import { Player } from "../player.ts";
import { type Condition, stepsOf, transactionsOf, truthOf } from "./conditions.ts";
import { Database } from "./database.ts";
import type { Family } from "./families.ts";
import { laneOf, type PlayedLane } from "./lane.ts";
import { random } from "./random.ts";
import type { Judged } from "./strategies.ts";
import { type Fault, faultsOf } from "./verdict.ts";

/** A history of a database and the lane that two connectors make of it. */
export interface History {
  readonly database: Database;
  readonly lane: PlayedLane;
}

export function historyOf(family: Family, condition: Condition, seed: number): History {
  const next = random(seed);
  const database = new Database(transactionsOf(condition, next));
  const replicas = family.log(database.changes, next, condition);
  const steps = stepsOf(condition, database.changes.length, next);
  return { database, lane: laneOf(family, database, steps, condition, replicas, next) };
}

/** Plays the lane through a deduplicator of this identity; what was wrong with its output. */
export async function judged(
  { dedup, identity, tombstones = true }: Judged,
  history: History,
  condition: Condition,
): Promise<Set<Fault>> {
  const { database } = history;
  const lane = tombstones ? history.lane : withoutTombstones(history.lane);
  const player = new Player({ identity, ...(dedup === undefined ? {} : { dedup }) });
  try {
    await play(player, lane);
  } catch (thrown) {
    if (!(thrown instanceof TandemError)) throw thrown;
    return new Set<Fault>(["stops"]);
  }
  if (player.rejected.length > 0) return new Set<Fault>(["rejects"]);
  return faultsOf(player.output, lane.sent, database, { ...truthOf(condition), tombstones });
}

async function play(player: Player, { episodes }: PlayedLane): Promise<void> {
  for (const { deliveries, fate } of episodes) {
    if (fate === "abort") await player.playAborted(...deliveries);
    else await player.play(...deliveries);
    if (fate === "reopen") await player.restart();
  }
}

/** The lane of connectors that send no tombstones. */
function withoutTombstones({ episodes, sent }: PlayedLane): PlayedLane {
  return {
    episodes: episodes.map(({ deliveries, fate }) => ({
      deliveries: deliveries.filter(({ value }) => value !== null),
      fate,
    })),
    sent: sent.filter((what) => what !== "tombstone"),
  };
}
