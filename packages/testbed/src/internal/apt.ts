import { join } from "node:path";
import { cacheFolder } from "./cache.ts";
import { command, which } from "./command.ts";
import { locked } from "./lock.ts";
import { type Log, timed } from "../log.ts";

/** Programs that Debian's packages bring. */
export interface Packages<Programs> {
  readonly packages: readonly string[];
  /** For a person who has to install them by hand. */
  readonly advice: string;
  readonly find: () => Programs | undefined;
}

/** The programs, installed by apt if they are not there. */
export async function installed<Programs>(wanted: Packages<Programs>, log: Log): Promise<Programs> {
  const { advice, find, packages } = wanted;
  const found = find();
  if (found !== undefined) return found;
  return locked(join(cacheFolder(), "apt.lock"), async () => {
    if (find() === undefined) await timed(log, `installed ${packages.join(", ")}`, () => install(wanted));
    const now = find();
    if (now === undefined) throw new Error(`apt-get ended well, but what it installed is not there: ${advice}`);
    return now;
  });
}

/** Why apt cannot install here, or undefined when it can. */
export async function aptRefusal(advice: string): Promise<string | undefined> {
  if (which("apt-get") === undefined) return `no apt-get here: ${advice}`;
  if (process.getuid?.() === 0) return undefined;
  const sudo = which("sudo");
  const allowed =
    sudo !== undefined &&
    (await command(sudo, ["-n", "true"]).then(
      () => true,
      () => false,
    ));
  return allowed ? undefined : `apt-get needs root and sudo asks for a password: ${advice}`;
}

async function install({ advice, packages }: Packages<unknown>): Promise<void> {
  const refusal = await aptRefusal(advice);
  if (refusal !== undefined) throw new Error(refusal);
  const root = process.getuid?.() === 0;
  // RUNLEVEL=1: the package does not start a server of its own.
  const apt = (args: readonly string[]): Promise<string> => {
    const line = [
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "RUNLEVEL=1",
      "apt-get",
      "-q",
      "-o",
      "DPkg::Lock::Timeout=600",
      ...args,
    ];
    return root ? command("env", line.slice(1)) : command("sudo", ["-n", ...line]);
  };
  await apt(["update"]);
  await apt(["install", "-y", "--no-install-recommends", ...packages]);
}
