import { setTimeout as sleep } from "node:timers/promises";
import { type ClientProperties, openWriter } from "@tandem-cdc/kafka";
import { Connector } from "./connector.ts";
import type { Change } from "./history.ts";

/** Each connector sends so many changes a second, and twice as many while it has to catch up. */
const PER_SECOND = 2_500;
const ROUND_MS = 20;
const PER_ROUND = (PER_SECOND * ROUND_MS) / 1_000;
/** How far b lags behind a. */
const LAG = 500;

export interface Story {
  readonly client: ClientProperties;
  readonly topic: string;
  readonly made: readonly Change[];
  readonly tell: (text: string) => void;
}

/**
 * What the two connectors do, at the pace of a busy database: b lags; a crashes, and comes back in the middle of a
 * transaction; b replays a part. Resolves to the changes sent, re-deliveries included.
 */
export async function play({ client, made, tell, topic }: Story): Promise<number> {
  const writer = await openWriter(client);
  const a = new Connector("a", writer, topic, made);
  const b = new Connector("b", writer, topic, made);
  const third = Math.floor(made.length / 3);
  const pace = new Pace();
  const together = (until: () => boolean): Promise<void> =>
    pace.rounds(until, async () => {
      await a.send(speed(a, b));
      if (a.done || a.at - b.at > LAG) await b.send(speed(b, a));
    });

  tell("Connectors a and b read replicas of one database and send the same changes; b lags behind.");
  await together(() => a.at > third);
  tell("Connector a crashes. Connector b carries on alone ...");
  await pace.rounds(
    () => b.at > 1.5 * third,
    () => b.send(PER_ROUND),
  );
  a.restart(Math.floor(third / 4));
  tell(
    "... a comes back, and sends again what it had sent since its last stored offset, from the middle of a transaction.",
  );
  await together(() => b.at > 2 * third);
  b.restart(Math.floor(third / 2));
  tell("Connector b is restarted, and replays a part of the history.");
  await together(() => a.done && b.done);
  await writer.flush();
  await writer.close();
  return a.sent + b.sent;
}

function speed(one: Connector, other: Connector): number {
  return other.at - one.at > LAG ? 2 * PER_ROUND : PER_ROUND;
}

/** Rounds at an even pace: one that took long is made up for. */
class Pace {
  #next = Date.now();

  async rounds(until: () => boolean, round: () => Promise<void>): Promise<void> {
    while (!until()) {
      await round();
      this.#next = Math.max(this.#next + ROUND_MS, Date.now() - 5 * ROUND_MS);
      await sleep(Math.max(0, this.#next - Date.now()));
    }
  }
}
