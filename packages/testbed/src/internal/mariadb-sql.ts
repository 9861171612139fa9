import type { SqlOptions } from "../mariadb.ts";
import { command } from "./command.ts";

/** Runs SQL by the mariadb command line client; `login` says where and as whom. */
export function mariaDbSql(
  client: string,
  login: readonly string[],
): (text: string, options?: SqlOptions) => Promise<string> {
  return async (text, { database } = {}) => {
    const args = ["--no-defaults", "--batch", "--skip-column-names", "--default-character-set=utf8mb4", ...login];
    const said = await command(client, [...args, ...(database === undefined ? [] : [`--database=${database}`])], {
      input: text,
    });
    return said.replace(/\n$/, "");
  };
}
