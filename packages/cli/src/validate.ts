import { loadConfig } from "./config/load.ts";
import { ConfigError } from "./config/problem.ts";

/** `tandem validate`: whether `run` would take the file. Shows nothing that a reference stands for. */
export function validateCommand({
  config: file,
  json = false,
}: {
  readonly config: string;
  readonly json?: boolean;
}): void {
  try {
    const { config, notices } = loadConfig(file);
    const { dedup, input, instance, name, output } = config;
    if (json)
      return console.log(
        JSON.stringify({
          ok: true,
          name,
          instance,
          topics: input.topics,
          store: dedup.store.type,
          notices,
          problems: [],
        }),
      );
    console.log(
      `${file} is valid: pipeline "${name}" (instance ${instance}), ${input.topics.join(", ")} -> ${output.prefix}*, store ${dedup.store.type}`,
    );
    for (const notice of notices) console.log(notice);
  } catch (thrown) {
    if (!json || !(thrown instanceof ConfigError)) throw thrown;
    console.log(JSON.stringify({ ok: false, problems: thrown.problems }));
    process.exitCode = 2;
  }
}
