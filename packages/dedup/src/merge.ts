import { type Batch, type Header, type LaneContext, passThrough, TandemError, type Transform } from "@tandem-cdc/core";

/** How the topics of several connectors become one. Replacements are those of `String.replace`: `$1`, `$<name>`. */
export interface MergeRule {
  /** Has to match the whole name of every input topic. */
  readonly regex: string;
  /** The merged topic's name, before the output prefix: such as `$2`. */
  readonly topic: string;
  /** The source's name: such as `$1`. */
  readonly source: string;
}

export interface MergeOptions extends MergeRule {
  /** Header that gets the source's name, in place of one that has this key. */
  readonly header: string;
  /** Whether the output that goes to this topic (before the output prefix) is read again: that is refused. */
  readonly isInput?: (topic: string) => boolean;
  /** Stage name. Default `merge`. */
  readonly name?: string;
}

export interface Merged {
  readonly topic: string;
  readonly source: string;
}

/** Where a topic's records go, and as whose. Throws `CONFIG_INVALID` where the rule does not fit the topic. */
export function merged(rule: MergeRule, input: string): Merged {
  const whole = new RegExp(`^(?:${rule.regex})$`);
  if (!whole.test(input)) throw invalid(`topic ${input} does not match merge.regex ${rule.regex}`);
  const topic = input.replace(whole, rule.topic);
  const source = input.replace(whole, rule.source);
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic))
    throw invalid(`merge.topic makes "${topic}" of topic ${input}, which is no topic name`);
  if (source === "" || /\$[\d<]/.test(source))
    throw invalid(`merge.source makes "${source}" of topic ${input}, which names no source`);
  return { topic, source };
}

/**
 * Joins the topics of several connectors: each record goes, partition to partition and byte for byte, to the topic that its
 * own is mapped to, and gets its source's name as a header. Nothing is deduplicated: that is for the pipeline that
 * reads the merged topic.
 */
export function merge(options: MergeOptions): Transform {
  const { header, name = "merge" } = options;
  const inputs = new Inputs(options);
  return {
    name,
    openLane: (context) => inputs.open(context),
    apply(batch) {
      const { source, topic } = inputs.of(batch.lane.topic);
      return { ...passThrough(batch), next: renamed(batch, topic, { key: header, value: encoder.encode(source) }) };
    },
  };
}

const encoder = new TextEncoder();

/** A view: makes nothing per record but the list of its headers. */
function renamed(batch: Batch, topic: string, header: Header): Batch {
  return {
    lane: batch.lane,
    length: batch.length,
    offset: (i) => batch.offset(i),
    timestamp: (i) => batch.timestamp(i),
    key: (i) => batch.key(i),
    value: (i) => batch.value(i),
    headers: (i) => [...batch.headers(i).filter(({ key }) => key !== header.key), header],
    topic: () => topic,
    partition: (i) => batch.partition(i),
  };
}

interface Input extends Merged {
  readonly partitions: number;
}

/** The topics that were read so far, checked against each other. */
class Inputs {
  readonly #options: MergeOptions;
  readonly #known = new Map<string, Input>();

  constructor(options: MergeOptions) {
    this.#options = options;
  }

  of(topic: string): Merged {
    const known = this.#known.get(topic);
    if (known === undefined) throw new TypeError(`${topic} is not open`);
    return known;
  }

  open({ lane: { topic }, partitions }: LaneContext): void {
    const input = { ...merged(this.#options, topic), partitions };
    if (this.#options.isInput?.(input.topic) === true)
      throw invalid(`the output of topic ${topic} is an input itself: a loop. Take it out of the input`);
    for (const [other, known] of this.#known) if (other !== topic) check(topic, input, other, known);
    this.#known.set(topic, input);
  }
}

function check(topic: string, input: Input, other: string, known: Input): void {
  if (input.topic !== known.topic) return;
  if (input.source === known.source)
    throw invalid(
      `topics ${other} and ${topic} both go to ${input.topic} as source "${input.source}": let merge.source tell them apart`,
    );
  if (input.partitions !== known.partitions)
    throw invalid(
      `topics ${other} and ${topic} both go to ${input.topic} and have ${known.partitions} and ${input.partitions} partitions: copies of one change would lie in different partitions. Give both the same number, by creating the topic anew with it (not by adding partitions: keys would move)`,
    );
}

function invalid(message: string): TandemError {
  return new TandemError("CONFIG_INVALID", message);
}
