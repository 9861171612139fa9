import type { Command } from "commander";
import type { ListOptions, ReadingOptions } from "./list.ts";
import type { RedriveCommandOptions } from "./redrive.ts";

const CONFIG = ["--config <file>", "configuration, YAML or JSON"] as const;

/** Options that say which letters are meant. */
function choosing(command: Command): Command {
  return command
    .requiredOption(...CONFIG)
    .option("--stage <name>", "only of this stage")
    .option("--code <code>", "only with this error code, or: late, divergence")
    .option("--topic <topic>", "only of this input topic")
    .option("--since <duration>", "only records of this time, such as 2d, by their own timestamp");
}

/** `tandem dead-letters list | show | redrive`. */
export function deadLetterCommands(tandem: Command): void {
  const group = tandem
    .command("dead-letters")
    .description("records that were rejected, late or diverged: look at them, redrive them");
  choosing(group.command("list").description("one line for each that was not redriven"))
    .option("--limit <n>", "the newest so many")
    .option("--all", "those that were redriven too")
    .option("--json", "JSON lines")
    .action(async (options: ListOptions) => (await import("./list.ts")).listCommand(options));
  group
    .command("show")
    .description("everything that is in one")
    .argument("<letter>", "as list shows it, or partition:offset")
    .requiredOption(...CONFIG)
    .option("--json", "one JSON line")
    .action(async (letter: string, options: ReadingOptions) =>
      (await import("./list.ts")).showCommand(letter, options),
    );
  const redrive = group
    .command("redrive")
    .description("present them again, to the stages that they have still to go through: all, or those named or chosen")
    .argument("[letters...]", "as list shows them, or partition:offset");
  choosing(redrive)
    .option("--dry-run", "only say what would happen")
    .option("--diverged", "also copies that have diverged, whose change was emitted already")
    .option("--unclaimed", "emit what has never claimed its key without a claim: a copy may come out too")
    .option("--json", "JSON lines")
    .addHelpText("after", "\nEach is redriven once, also when this is killed. Exit 1 when one failed again or stays.")
    .action(async (letters: readonly string[], options: RedriveCommandOptions) =>
      (await import("./redrive.ts")).redriveCommand(letters, options),
    );
}
