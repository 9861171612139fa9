import { TandemError } from "@tandem-cdc/core";
import { type LogReader, openLogReader } from "@tandem-cdc/kafka";
import { loadConfig } from "../config/load.ts";
import { ownTopics } from "../config/own-topics.ts";
import { redacted, redacting } from "../config/redact.ts";
import type { Config } from "../config/schema.ts";
import { choice, type ChoiceOptions, named } from "./choice.ts";
import { letterId } from "./letter.ts";
import { letterContents, letterJson, letterLine } from "./letter-text.ts";
import { type Found, readLetters } from "./letters.ts";

export interface ReadingOptions {
  readonly config: string;
  readonly json?: boolean;
}

export interface ListOptions extends ReadingOptions, ChoiceOptions {
  readonly limit?: string;
  /** Those that were redriven too. */
  readonly all?: boolean;
}

/** Opens the brokers of a configuration for reading, and leaves nothing open. Secrets stay out of what is said. */
export async function reading(
  file: string,
  work: (config: Config, reader: LogReader, say: (text: string) => void) => Promise<void>,
): Promise<void> {
  const { config } = loadConfig(file);
  const safe = redacting(config);
  try {
    if (ownTopics(config).length === 0)
      throw new TandemError(
        "CONFIG_INVALID",
        "this pipeline writes no dead letters: set errors.tolerance to all, and errors.deadLetter.topic",
      );
    const { consumer, producer: _, ...client } = config.kafka;
    const reader = await openLogReader(client, consumer, config.name);
    try {
      await work(config, reader, (text) => console.log(safe(text)));
    } finally {
      await reader.close();
    }
  } catch (thrown) {
    throw redacted(thrown, safe);
  }
}

/** `tandem dead-letters list`: one line each, in order. Reads only. */
export async function listCommand({ all = false, limit, ...options }: ListOptions): Promise<void> {
  const most = limit === undefined ? Infinity : whole(limit);
  await reading(options.config, async (config, reader, say) => {
    const isMeant = choice(options, Date.now());
    const letters = await readLetters(config, reader, new AbortController().signal);
    const meant = letters.filter(({ done, letter }) => (all || !done) && isMeant(letter));
    const shown = most >= meant.length ? meant : meant.slice(-most);
    for (const found of shown) say(options.json === true ? JSON.stringify(letterJson(found)) : letterLine(found));
    if (options.json === true) return;
    const hidden = meant.length - shown.length;
    console.error(
      `${meant.length} dead letter${meant.length === 1 ? "" : "s"} of ${letters.length} in ${topicsOf(config)}${hidden === 0 ? "" : `; the newest ${shown.length} are shown`}`,
    );
  });
}

/** `tandem dead-letters show`: everything that is in one. Exit 2 when it is not there. */
export async function showCommand(name: string, options: ReadingOptions): Promise<void> {
  await reading(options.config, async (config, reader, say) => {
    const { signal } = new AbortController();
    const found = byName(await readLetters(config, reader, signal), [name], config)[0];
    if (found === undefined) throw missing([name], config);
    const contents = await letterContents(found, config, signal);
    say(options.json === true ? JSON.stringify(contents) : JSON.stringify(contents, null, 2));
  });
}

/** The letters of these names. */
export function byName(letters: readonly Found[], names: readonly string[], config: Config): readonly Found[] {
  const ids = named(names, config);
  const found = letters.filter(({ letter }) => ids.has(letterId(letter)));
  const known = new Set(found.map(({ letter }) => letterId(letter)));
  const lacking = [...ids].filter((id) => !known.has(id));
  if (lacking.length > 0) throw missing(lacking, config);
  return found;
}

function missing(names: readonly string[], config: Config): TandemError {
  return new TandemError("CONFIG_INVALID", `there is no dead letter ${names.join(", ")} in ${topicsOf(config)}`);
}

function topicsOf(config: Config): string {
  return [...new Set(ownTopics(config).map(({ topic }) => topic))].join(", ");
}

function whole(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  if (!Number.isSafeInteger(number) || number < 1)
    throw new TandemError("CONFIG_INVALID", "--limit: has to be a whole number above 0");
  return number;
}
