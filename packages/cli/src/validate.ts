import { loadConfig } from "./config/load.ts";
import { ConfigError } from "./config/problem.ts";
import { moduleProblems } from "./run/module-problems.ts";
import { type Check, checkServers } from "./connect-check.ts";

export interface ValidateOptions {
  readonly config: string;
  readonly connect?: boolean;
  readonly json?: boolean;
}

/** `tandem validate`: whether `run` would take the file, and with `--connect`, find its servers. Shows no secret. */
export async function validateCommand({ config: file, connect = false, json = false }: ValidateOptions): Promise<void> {
  try {
    const { config, notices } = loadConfig(file);
    const strange = await moduleProblems(config, file);
    if (strange.length > 0) throw new ConfigError(file, strange);
    const { dedup, input, instance, name, output } = config;
    const { topics } = input;
    const store = dedup.mode === "merge" ? null : dedup.store.type;
    if (!json) {
      console.log(
        `${file} is valid: pipeline "${name}" (instance ${instance}), ${topics.join(", ")} -> ${output.prefix}*, ${store === null ? "merged without dedup" : `store ${store}`}`,
      );
      for (const notice of notices) console.log(notice);
    }
    const checks = connect ? await checkServers(config, file) : [];
    const ok = checks.every((check) => check.ok);
    if (!ok) process.exitCode = 2;
    if (json) {
      const result = { ok, name, instance, topics, store, notices, problems: [] };
      console.log(JSON.stringify(connect ? { ...result, checks } : result));
    } else for (const check of checks) console.log(checkLine(check));
  } catch (thrown) {
    if (!json || !(thrown instanceof ConfigError)) throw thrown;
    console.log(JSON.stringify({ ok: false, problems: thrown.problems }));
    process.exitCode = 2;
  }
}

function checkLine({ detail, name, ok }: Check): string {
  return `${ok ? "ok    " : "failed"}  ${name}: ${detail}`;
}
