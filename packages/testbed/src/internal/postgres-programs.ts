import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Packages } from "./apt.ts";
import { isExecutable, which } from "./command.ts";

export interface PostgresPrograms {
  readonly server: string;
  readonly initDb: string;
  readonly client: string;
}

/** Where Debian puts the programs of every version that is installed; the PATH has only the client. */
const VERSIONS = "/usr/lib/postgresql";

export const POSTGRES: Packages<PostgresPrograms> = {
  packages: ["postgresql", "postgresql-client"],
  advice: "install the packages postgresql and postgresql-client (postgres, initdb, psql)",
  find() {
    const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a)) : [];
    const folders = versions.map((version) => join(VERSIONS, version, "bin"));
    const find = (program: string): string | undefined =>
      folders.map((folder) => join(folder, program)).find(isExecutable) ?? which(program);
    const [server, initDb, client] = [find("postgres"), find("initdb"), find("psql")];
    if (server === undefined || initDb === undefined || client === undefined) return undefined;
    return { server, initDb, client };
  },
};
