import type { LaneStatus } from "@tandem-cdc/core";
import type { ManagedPipeline } from "./handler.ts";
import type { Plugin, PluginProblem } from "./plugin.ts";
import type { SupervisedStatus } from "./supervisor.ts";

// What the API answers. Names have underscores, as in Connect's.

export function statusDocument({ instance, pipeline }: ManagedPipeline): unknown {
  const { lanes, lastError, name, state } = pipeline.status();
  return {
    name,
    pipeline: { state, instance: instance ?? null },
    lanes: lanes.map((lane) => Object.assign(offsets(lane), { state: lane.state })),
    last_error: errorDocument(lastError),
  };
}

function errorDocument(error: SupervisedStatus["lastError"]): unknown {
  return error === null ? null : { code: error.code, message: error.message, at: new Date(error.at).toISOString() };
}

function offsets({ committed, lane, logEnd, next }: LaneStatus): Record<string, unknown> {
  return {
    topic: lane.topic,
    partition: lane.partition,
    committed_offset: committed,
    next_offset: next,
    log_end: logEnd,
    lag: committed === null || logEnd === null ? null : Math.max(0, logEnd - committed),
  };
}

export function offsetsDocument(lanes: readonly LaneStatus[]): unknown {
  return { offsets: lanes.map(offsets) };
}

export function pipelineDocument({ config, pipeline }: ManagedPipeline): unknown {
  const lanes = pipeline.status().lanes.map(({ lane: { partition, topic } }) => ({ topic, partition }));
  return { name: pipeline.name, config: config?.() ?? {}, lanes };
}

export function pluginDocument({ aliases = [], doc, kind, type, version }: Plugin): unknown {
  return { type, kind, version, doc: doc ?? "", aliases };
}

/** As Connect's: every option with its definition, what it was given, and what is wrong with that. */
export function validationDocument(
  { options, type }: Plugin,
  given: Readonly<Record<string, unknown>>,
  problems: readonly PluginProblem[],
): unknown {
  const errors = (name: string | null): readonly string[] =>
    problems.filter(({ option }) => option === name).map(({ message }) => message);
  const known = options.map((option) => ({
    definition: {
      name: option.name,
      type: option.type,
      required: option.required,
      default_value: option.default ?? null,
      documentation: option.doc ?? "",
    },
    value: valueDocument(option.name, given, errors(option.name)),
  }));
  const names = new Set(options.map(({ name }) => name));
  const others = new Set([...Object.keys(given), ...problems.flatMap(({ option }) => option ?? [])]);
  const unknown = [...others]
    .filter((name) => !names.has(name))
    .map((name) => ({ definition: null, value: valueDocument(name, given, errors(name)) }));
  return { name: type, error_count: problems.length, errors: errors(null), configs: [...known, ...unknown] };
}

/** What was given is not repeated: it may be a password. */
function valueDocument(name: string, given: Readonly<Record<string, unknown>>, errors: readonly string[]): unknown {
  return { name, given: Object.hasOwn(given, name), errors };
}
