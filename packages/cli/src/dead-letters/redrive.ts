import {
  asError,
  createPipeline,
  type Lane,
  type LaneId,
  laneId,
  type PipelineEvent,
  RecordView,
  TandemError,
} from "@tandem-cdc/core";
import { kafkaTransport, type LogReader, openAdmin } from "@tandem-cdc/kafka";
import type { Config } from "../config/schema.ts";
import { laterStages } from "../run/assemble.ts";
import { errorPolicy, replicationFactors } from "../run/error-policy.ts";
import { choice, type ChoiceOptions } from "./choice.ts";
import { firstStages, unaskable } from "./first-stages.ts";
import { type Letter, letterId } from "./letter.ts";
import { byName, reading, type ReadingOptions } from "./list.ts";
import { type Found, readLetters, redriveName } from "./letters.ts";
import { redriver, type Fate } from "./redrive-stage.ts";
import { type Route, routeOf, type Routing } from "./route.ts";

export interface RedriveCommandOptions extends ReadingOptions, ChoiceOptions {
  readonly dryRun?: boolean;
  readonly diverged?: boolean;
  readonly unclaimed?: boolean;
}

/** What is to become of a letter: its way, or why it stays where it is. */
interface Planned {
  readonly letter: Letter;
  readonly route: Route | string;
}

/** What a redrive did to the letters that were meant. */
interface Outcome {
  readonly emitted: number;
  readonly failed: number;
  readonly dropped: number;
  readonly stayed: number;
}

/**
 * `tandem dead-letters redrive`: presents letters again, all or those named or chosen, to the stages that they have still
 * to go through. Exit 1 when one failed again or stays where it is.
 */
export async function redriveCommand(names: readonly string[], options: RedriveCommandOptions): Promise<void> {
  await reading(options.config, async (config, reader, say) => {
    const signal = stopped();
    const letters = await readLetters(config, reader, signal);
    const isMeant = choice(options, Date.now());
    const meant = (names.length === 0 ? letters : byName(letters, names, config)).filter(
      ({ done, letter }) => !done && isMeant(letter),
    );
    const plan = await planned(meant, config, options, reader, signal);
    const tell = (text: string, json: object): void => say(options.json === true ? JSON.stringify(json) : text);
    for (const { letter, route } of plan) tellPlanned(letter, route, options.dryRun === true, tell);
    const going = plan.flatMap(({ letter, route }) => (typeof route === "string" ? [] : [{ letter, route }]));
    const stayed = plan.length - going.length;
    const fates =
      options.dryRun === true || going.length === 0
        ? new Map<string, Fate>()
        : await redrive(config, options.config, reader, going, signal);
    for (const [id, fate] of fates) tell(`${id}  ${FATES[fate]}`, { letter: id, fate });
    const count = (fate: Fate): number => [...fates.values()].filter((each) => each === fate).length;
    const outcome = { emitted: count("emitted"), failed: count("failed"), dropped: count("dropped"), stayed };
    tell(summary(outcome, going.length, options.dryRun === true), { ...outcome, meant: plan.length });
    if (outcome.failed + stayed > 0) process.exitCode = 1;
  });
}

const FATES: Readonly<Record<Fate, string>> = {
  emitted: "emitted",
  failed: "failed again: it is a dead letter again",
  dropped: "dropped: a copy of what was emitted, or a transform drops it",
};

function tellPlanned(
  letter: Letter,
  route: Route | string,
  dry: boolean,
  tell: (text: string, json: object) => void,
): void {
  const id = letterId(letter);
  if (typeof route === "string") tell(`${id}  stays: ${route}`, { letter: id, fate: "stays", why: route });
  else if (dry) tell(`${id}  would be redriven: ${wayOf(route)}`, { letter: id, fate: "planned", from: route.from });
}

function wayOf({ from, fromInput }: Route): string {
  const again = fromInput ? ", with its record read from the input again" : "";
  if (from === "claimed") return `it claims its key first${again}`;
  return from === "emitted" ? `it is emitted through all transforms${again}` : "it resumes where it failed";
}

function summary({ dropped, emitted, failed, stayed }: Outcome, going: number, dry: boolean): string {
  const stay = stayed === 0 ? "" : `, ${stayed} stay`;
  return dry
    ? `${going} would be redriven${stay}; nothing was done`
    : `${emitted} emitted, ${dropped} dropped, ${failed} failed again${stay}`;
}

function stopped(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

async function planned(
  meant: readonly Found[],
  config: Config,
  options: RedriveCommandOptions,
  reader: LogReader,
  signal: AbortSignal,
): Promise<readonly Planned[]> {
  const later = await laterStages(config, options.config);
  const routing: Routing = {
    pipeline: config.name,
    first: config.dedup.mode === "merge" ? "merge" : "dedup",
    later: later.map(({ name }) => name),
    diverged: options.diverged === true,
    unclaimed: options.unclaimed === true,
  };
  for (const stage of later) await stage.close?.();
  let cannotClaim: string | undefined | null = null;
  const plan: Planned[] = [];
  for (const { letter } of meant) {
    let route = routeOf(letter, routing);
    if (typeof route !== "string" && route.from === "claimed") {
      if (cannotClaim === null) cannotClaim = await notAlone(config);
      if (cannotClaim !== undefined) route = cannotClaim;
    }
    if (typeof route !== "string" && route.fromInput && letter.record !== null) {
      const { lane, offset } = letter.record;
      if ((await readRecord(reader, lane, offset, signal)) === null)
        route = `${letterId({ lane, offset })} is no longer in the log, and the letter has not its value`;
    }
    plan.push({ letter, route });
  }
  return plan;
}

/** Why a record cannot claim its key now; undefined when it can. A lane's claims have one owner: the pipeline, while it runs. */
async function notAlone(config: Config): Promise<string | undefined> {
  if (config.dedup.mode === "merge") return undefined;
  const advice = "or emit it without a claim: --unclaimed (a copy of it may have come out, or may still)";
  const cannot = unaskable(config);
  if (cannot !== undefined)
    return `it has not claimed its key, and that cannot be done from here: ${cannot}; ${advice}`;
  const { consumer: _, producer: __, ...client } = config.kafka;
  try {
    const admin = await openAdmin(client);
    try {
      const { error, members } = await admin.group(config.name);
      if (error === 0 && members === 0) return undefined;
      const reason =
        error === 0 ? `group ${config.name} has ${members} member(s)` : `the brokers do not tell (error ${error})`;
      return `it has not claimed its key, which can be done while the pipeline is stopped only: ${reason}. Stop every instance (one that was killed counts for another 10 s), ${advice}`;
    } finally {
      admin.close();
    }
  } catch (thrown) {
    return `it has not claimed its key, and nobody can tell whether the pipeline is stopped (${asError(thrown).message}); ${advice}`;
  }
}

async function readRecord(
  reader: LogReader,
  lane: Lane,
  offset: number,
  signal: AbortSignal,
): Promise<RecordView | null> {
  const { end, start } = await reader.bounds(lane);
  if (offset < start || offset >= end) return null;
  for await (const batch of reader.read(lane, offset, offset + 1, signal))
    if (batch.length > 0 && batch.offset(0) === offset) return new RecordView(batch, 0);
  return null;
}

interface Going {
  readonly letter: Letter;
  readonly route: Route;
}

/** A pipeline over the letters' topics, until the last of them is committed. */
async function redrive(
  config: Config,
  configFile: string,
  reader: LogReader,
  going: readonly Going[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Fate>> {
  const routes = new Map(going.map(({ letter, route }) => [letterId(letter), route]));
  const claims = going.some(({ route }) => route.from === "claimed");
  const existing = await reader.partitions();
  const later = await laterStages(config, configFile);
  const { fates, redriven, stage } = redriver({
    pipeline: config.name,
    stages: { ...(await firstStages(config, configFile, claims)), later },
    routeOf: (letter) => routes.get(letterId(letter)),
    readInput: (lane, offset, until) => readRecord(reader, lane, offset, until),
    partitions: (topic) => existing.get(topic) ?? 1,
  });
  const { commit, errors, kafka, output } = config;
  const { consumer, producer, ...client } = kafka;
  const name = redriveName(config);
  const pipeline = createPipeline({
    name,
    transport: kafkaTransport({
      name,
      topics: [...new Set(going.map(({ letter }) => letter.lane.topic))],
      client,
      consumer,
      producer,
      replicationFactors: replicationFactors(config),
      leastPartitions: Math.max(...going.map(({ letter }) => existing.get(letter.record?.lane.topic ?? "") ?? 1)),
      onNotice: (text) => console.error(text),
    }),
    transforms: [stage],
    output,
    commit,
    errors: { ...errorPolicy(config), redriven, tolerance: errors.deadLetter === undefined ? "none" : "all" },
    replay: { from: "retained" },
    observer: { observe: tellTrouble },
  });
  const through = new AbortController();
  const waiting = lastOfEachLane(going);
  pipeline.on("committed", ({ lanes }) => {
    for (const { lane, nextOffset } of lanes)
      if (nextOffset > (waiting.get(laneId(lane)) ?? Infinity)) waiting.delete(laneId(lane));
    if (waiting.size === 0) through.abort();
  });
  try {
    await pipeline.run({ signal: AbortSignal.any([signal, through.signal]) });
  } catch (thrown) {
    throw reCreated(thrown, name);
  }
  if (waiting.size > 0)
    throw new TandemError(
      "TRANSPORT_FAILED",
      "the redrive was stopped: what it had committed stays, and the same command goes on with the rest",
    );
  return fates;
}

function lastOfEachLane(going: readonly Going[]): Map<LaneId, number> {
  const last = new Map<LaneId, number>();
  for (const { letter } of going)
    last.set(laneId(letter.lane), Math.max(letter.offset, last.get(laneId(letter.lane)) ?? -1));
  return last;
}

function tellTrouble(event: PipelineEvent): void {
  if (event.type === "stalled") console.error(`waiting: ${event.error.message}`);
  if (event.type === "aborted") console.error(`transaction aborted: ${event.error.message}`);
}

const RE_CREATED = [
  "LANE_OFFSET_OUT_OF_RANGE",
  "LANE_ANCHOR_MISMATCH",
  "LANE_PARTITIONS_CHANGED",
  "LANE_STATE_MISSING",
];

/** Somebody has made a dead letter topic anew: what is known of its letters is of no more use. */
function reCreated(thrown: unknown, name: string): unknown {
  if (!(thrown instanceof TandemError) || !RE_CREATED.includes(thrown.code)) return thrown;
  return new TandemError(
    thrown.code,
    `${thrown.message.split(":")[0]}: the dead letter topic was re-created, or is not what it was. What is known of its letters (which were redriven) does not fit: delete the topic ${name}.lanes and the group ${name}, then redrive again`,
    { cause: thrown },
  );
}
