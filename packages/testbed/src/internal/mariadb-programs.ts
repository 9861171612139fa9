import type { Packages } from "./apt.ts";
import { which } from "./command.ts";

export interface MariaDbPrograms {
  readonly server: string;
  readonly installDb: string;
  readonly client: string;
}

export const MARIADB: Packages<MariaDbPrograms> = {
  packages: ["mariadb-server", "mariadb-client"],
  advice: "install the packages mariadb-server and mariadb-client (mariadbd, mariadb-install-db, mariadb)",
  find() {
    const [server, installDb, client] = ["mariadbd", "mariadb-install-db", "mariadb"].map(which);
    if (server === undefined || installDb === undefined || client === undefined) return undefined;
    return { server, installDb, client };
  },
};
