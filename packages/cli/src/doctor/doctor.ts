import { TandemError } from "@tandem-cdc/core";
import { loadConfig } from "../config/load.ts";
import { ConfigError } from "../config/problem.ts";
import { redacting } from "../config/redact.ts";
import { moduleProblems } from "../run/module-problems.ts";
import { CHECKS } from "./checks.ts";
import { examine } from "./examine.ts";
import { Patient } from "./patient.ts";
import { isIll, reportLines } from "./report.ts";

export interface DoctorOptions {
  readonly config: string;
  /** Workers of Kafka Connect, beside those of the file. */
  readonly connectUrl?: readonly string[];
  readonly json?: boolean;
  /** Warnings fail too. */
  readonly strict?: boolean;
}

/** `tandem doctor`: asks every server, and says what is wrong and what mends it. Reads only. */
export async function doctorCommand(options: DoctorOptions): Promise<void> {
  const { config: file, connectUrl = [], json = false, strict = false } = options;
  const { config } = loadConfig(file);
  const strange = await moduleProblems(config, file);
  if (strange.length > 0) throw new ConfigError(file, strange);
  const connect = [...new Set([...config.doctor.connect, ...connectUrl])];
  for (const url of connectUrl) checkUrl(url);
  const safe = redacting({ ...config, doctor: { connect } });
  const patient = new Patient({ config, configFile: file, connect });
  const examined = await examine(patient, { checks: CHECKS, safe, progress: progressOnTerminal() });
  console.log(json ? JSON.stringify(examined) : reportLines(examined).join("\n"));
  if (isIll(examined, strict)) process.exitCode = 1;
}

/** Never repeats the text: a URL may hold a password. */
function checkUrl(text: string): void {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return;
  throw new TandemError("CONFIG_INVALID", '--connect-url: has to look like "http://host:8083"');
}

/** Which checks are still under way, in a line that is written over. */
function progressOnTerminal(): (underWay: ReadonlySet<string>) => void {
  if (!process.stderr.isTTY) return () => undefined;
  return (underWay) => {
    const line = underWay.size === 0 ? "" : `checking ${[...underWay].join(", ")}`;
    process.stderr.write(`\r\u001B[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  };
}
