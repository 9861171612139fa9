import { readFileSync } from "node:fs";
import { Argument, Command, CommanderError } from "commander";
import type { CreateOptions } from "./create/create.ts";
import { KINDS } from "./create/project.ts";
import type { DoctorOptions } from "./doctor/doctor.ts";
import { deadLetterCommands } from "./dead-letters/commands.ts";
import type { ExplainOptions } from "./explain/explain.ts";
import { failureOf } from "./failure.ts";
import type { SurveyOptions } from "./survey/survey.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

function program(stop: AbortSignal): Command {
  const tandem = new Command("tandem")
    .description("Change data capture that survives anything: redundant Debezium connectors in, every change once out.")
    .version(version)
    .exitOverride()
    .showHelpAfterError("(add --help for what it takes)");
  tandem
    .command("run")
    .description("run the pipeline of a configuration file until SIGTERM")
    .requiredOption("--config <file>", "configuration, YAML or JSON")
    .option("--json", "JSON lines even on a terminal")
    .option(
      "--from <where>",
      "process again, and emit again: earliest, a time, topic:partition=offset,..., or @FILE with offsets; no other instance may run",
    )
    .action(async (options: { config: string; json?: boolean; from?: string }) =>
      (await import("./run/run.ts")).runCommand(options, stop),
    );
  tandem
    .command("validate")
    .description("check a configuration file; exit 2 and every problem when it is not valid")
    .requiredOption("--config <file>", "configuration, YAML or JSON")
    .option("--connect", "also ask the brokers and the store whether they answer and are safe to use; exit 2 if not")
    .option("--json", "the result as one JSON line")
    .action(async (options: { config: string; connect?: boolean; json?: boolean }) =>
      (await import("./validate.ts")).validateCommand(options),
    );
  tandem
    .command("doctor")
    .description("ask every server, and say what is wrong and what mends it; exit 1 when something fails")
    .requiredOption("--config <file>", "configuration, YAML or JSON")
    .option("--connect-url <url...>", "Kafka Connect workers whose connectors are compared, beside doctor.connect")
    .option("--strict", "warnings fail too")
    .option("--json", "the findings as one JSON array: id, status, message, fix")
    .addHelpText("after", "\nReads only: joins no group, makes no claim. Every check ends within ten seconds.")
    .action(async (options: DoctorOptions) => (await import("./doctor/doctor.ts")).doctorCommand(options));
  tandem
    .command("explain")
    .description("say what one record is to the pipeline: its identity, who owns it, and why it was emitted or not")
    .requiredOption("--config <file>", "configuration, YAML or JSON")
    .requiredOption("--topic <topic>", "the record's topic")
    .requiredOption("--partition <n>", "its partition")
    .requiredOption("--offset <n>", "its offset")
    .option("--since <duration>", "how far back to look for its first copy, or all; one dedup.horizon by default")
    .option("--json", "one JSON line")
    .addHelpText("after", "\nReads only: joins no group, writes nothing. Exit 2 when the record is not there.")
    .action(async (options: ExplainOptions) => (await import("./explain/explain.ts")).explainCommand(options));
  tandem
    .command("survey")
    .description("count what lies in topics: copies, duplicates, changes of one source only, and the horizon needed")
    .option("--config <file>", "configuration, YAML or JSON")
    .option("--bootstrap <host:port>", "brokers, in place of a configuration")
    .option("--topics <topics>", "topics by name or /expression/, separated by commas")
    .option("--header <name>", "the header that names the connector")
    .option("--format <format>", "json, avro or auto")
    .option("--registry <url>", "the schema registry, for Avro")
    .option("--since <duration>", "how far back to read, or all", "all")
    .option("--max-changes <n>", "changes of one lane in memory at most, about 60 bytes each", "5000000")
    .option("--json", "one JSON line")
    .addHelpText("after", "\nReads only: no store, no group, no write. Ctrl-C prints what is known until then.")
    .action(async (options: SurveyOptions) => (await import("./survey/survey.ts")).surveyCommand(options));
  deadLetterCommands(tandem);
  tandem
    .command("create")
    .description("write a small project that builds and passes its tests as it is")
    .addArgument(new Argument("<kind>", "of what").choices(KINDS))
    .argument("<name>", "of its package; its folder is named like it")
    .option("--in <folder>", "where that folder is made", ".")
    .addHelpText("after", "\nNever writes over anything.")
    .action(async (kind: CreateOptions["kind"], name: string, options: Pick<CreateOptions, "in">) =>
      (await import("./create/create.ts")).createCommand({ kind, name, version, ...options }),
    );
  tandem
    .command("schema")
    .description("print the JSON Schema of the configuration file, for editors")
    .action(async () => {
      process.stdout.write((await import("./config/json-schema.ts")).jsonSchemaText());
    });
  tandem
    .command("quickstart")
    .description(
      "see it work: two simulated connectors, the real pipeline and an independent checker, all in this process",
    )
    .option("--changes <n>", "changes of the invented database", "20000")
    .option("--json", "one JSON line with the result, nothing else on stdout")
    .action(async (options: { changes: string; json?: boolean }) =>
      (await import("./quickstart/quickstart.ts")).quickstartCommand(options),
    );
  return tandem;
}

/**
 * Runs the command; its failure is one clear message and a non-zero exit code. `stop` ends a pipeline; its reason is the
 * signal that came.
 */
export async function main(argv: readonly string[], stop: AbortSignal): Promise<void> {
  try {
    await program(stop).parseAsync(argv);
  } catch (thrown) {
    // It has said itself what is wrong, or what was asked.
    if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : 2;
    else {
      const { exitCode, text } = failureOf(thrown);
      process.stderr.write(`${text}\n`);
      process.exitCode = exitCode;
    }
  }
  // The native client may keep handles of calls that were given up.
  process.exit();
}
