import type { ServerProcess } from "./internal/server-process.ts";

/** One server: a process of ours, or one that the environment named. */
export interface Server {
  readonly host: string;
  readonly port: number;
  /** Undefined for a server that the environment named. */
  readonly pid: number | undefined;
  /** Whether the process runs; always true for a server that the environment named. */
  readonly alive: boolean;
  /** Sends the signal, SIGKILL unless told, and waits until the process has ended (with SIGSTOP and SIGCONT: does not wait). */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data, and waits until it can be used; ends it politely before, if it runs. */
  restart(): Promise<void>;
}

/** A server of ours. */
export function ownServer(port: number, process: ServerProcess): Server {
  return {
    host: "127.0.0.1",
    port,
    get pid() {
      return process.pid;
    },
    get alive() {
      return process.alive;
    },
    kill: (signal) => process.kill(signal),
    restart: () => process.restart(),
  };
}

/** A server that is not ours to kill. */
export function externalServer(address: string, variable: string): Server {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new Error(
        `${address} comes from ${variable} and is not ours to kill or restart: unset ${variable} for this test`,
      ),
    );
  const colon = address.lastIndexOf(":");
  const port = Number(address.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port)) throw new TypeError(`${variable}: "${address}" is not host:port`);
  return { host: address.slice(0, colon), port, pid: undefined, alive: true, kill: refuse, restart: refuse };
}
