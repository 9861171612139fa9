import type { Packages } from "./apt.ts";
import { which } from "./command.ts";

export interface RedisPrograms {
  /** Also runs as a sentinel. */
  readonly server: string;
  readonly client: string;
}

export const REDIS: Packages<RedisPrograms> = {
  packages: ["redis-server", "redis-tools"],
  advice: "install the packages redis-server and redis-tools (redis-server, redis-cli)",
  find() {
    const [server, client] = ["redis-server", "redis-cli"].map(which);
    return server === undefined || client === undefined ? undefined : { server, client };
  },
};
