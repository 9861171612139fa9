import { chmod, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * The user that a server runs as which root may not be, undefined for this process's own user. That user has to reach
 * the folder.
 */
export async function serverUser(folder: string, user: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  await chmod(folder, 0o711);
  for (let path = dirname(folder); ; path = dirname(path)) {
    if (((await stat(path)).mode & 0o001) === 0)
      throw new Error(
        `the server runs as user ${user}, who cannot reach ${path}: set TMPDIR to a folder open to all users`,
      );
    if (path === dirname(path)) return user;
  }
}
