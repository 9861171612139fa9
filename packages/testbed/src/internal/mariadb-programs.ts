import { join } from "node:path";
import { cacheFolder } from "./cache.ts";
import { command, which } from "./command.ts";
import { locked } from "./lock.ts";
import { type Log, timed } from "../log.ts";

const PACKAGES = ["mariadb-server", "mariadb-client"];
const ADVICE = `install the packages ${PACKAGES.join(" and ")} (mariadbd, mariadb-install-db, mariadb)`;

export interface MariaDbPrograms {
  readonly server: string;
  readonly installDb: string;
  readonly client: string;
}

export function findMariaDb(): MariaDbPrograms | undefined {
  const [server, installDb, client] = ["mariadbd", "mariadb-install-db", "mariadb"].map(which);
  if (server === undefined || installDb === undefined || client === undefined) return undefined;
  return { server, installDb, client };
}

/** MariaDB's programs, installed by apt if they are not there. */
export async function mariaDbPrograms(log: Log): Promise<MariaDbPrograms> {
  const found = findMariaDb();
  if (found !== undefined) return found;
  return locked(join(cacheFolder(), "apt.lock"), async () => {
    if (findMariaDb() === undefined) await timed(log, `installed ${PACKAGES.join(", ")}`, install);
    const now = findMariaDb();
    if (now === undefined) throw new Error(`apt-get ended well, but MariaDB is not there: ${ADVICE}`);
    return now;
  });
}

/** Why apt cannot install here, or undefined when it can. */
export async function aptRefusal(): Promise<string | undefined> {
  if (which("apt-get") === undefined) return `no apt-get here: ${ADVICE}`;
  if (process.getuid?.() === 0) return undefined;
  const sudo = which("sudo");
  const allowed =
    sudo !== undefined &&
    (await command(sudo, ["-n", "true"]).then(
      () => true,
      () => false,
    ));
  return allowed ? undefined : `apt-get needs root and sudo asks for a password: ${ADVICE}`;
}

async function install(): Promise<void> {
  const refusal = await aptRefusal();
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
  await apt(["install", "-y", "--no-install-recommends", ...PACKAGES]);
}
