import { parseLaneId, TandemError } from "@tandem-cdc/core";
import { ownTopics } from "../config/own-topics.ts";
import type { Config } from "../config/schema.ts";
import { sinceOf } from "../reading/since.ts";
import { type Letter, letterId } from "./letter.ts";

/** Which letters are meant: all that fit every option. */
export interface ChoiceOptions {
  readonly stage?: string;
  readonly code?: string;
  /** The input topic that the record comes from. */
  readonly topic?: string;
  /** By the record's own time. */
  readonly since?: string;
}

export function choice({ code, since, stage, topic }: ChoiceOptions, now: number): (letter: Letter) => boolean {
  const span = since === undefined ? "all" : sinceOf(since);
  const from = span === "all" ? -Infinity : now - span;
  return (letter) =>
    (stage === undefined || letter.stage === stage) &&
    (code === undefined || letter.code === code || letter.reason === code) &&
    (topic === undefined || letter.record?.lane.topic === topic) &&
    letter.stored.timestamp >= from;
}

/** Letters by name: as `list` shows them, or `partition:offset` of the dead letter topic. */
export function named(names: readonly string[], config: Config): ReadonlySet<string> {
  return new Set(names.map((name) => idOf(name, config)));
}

function idOf(name: string, config: Config): string {
  const short = /^(\d+)[:@](\d+)$/.exec(name);
  if (short !== null) {
    const [first] = ownTopics(config);
    if (first === undefined)
      throw new TandemError("CONFIG_INVALID", "there is no dead letter topic: set errors.deadLetter.topic");
    return letterId({ lane: { topic: first.topic, partition: Number(short[1]) }, offset: Number(short[2]) });
  }
  const at = name.lastIndexOf("@");
  const offset = name.slice(at + 1);
  if (at < 1 || !/^\d+$/.test(offset) || !/-\d+$/.test(name.slice(0, at)))
    throw new TandemError(
      "CONFIG_INVALID",
      `"${name}" names no dead letter: topic-partition@offset as \`tandem dead-letters list\` shows them, or partition:offset`,
    );
  return letterId({ lane: parseLaneId(name.slice(0, at)), offset: Number(offset) });
}
