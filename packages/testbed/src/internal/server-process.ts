import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import type { Log } from "../log.ts";
import { forgetProcess, reapProcess } from "./reaper.ts";
import { until } from "./until.ts";

/** What is needed to start a server, and to start it again. */
export interface ServerCommand {
  /** For messages: "kafka broker 1". */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Takes the server's standard output and error; appended to over restarts. */
  readonly logFile: string;
  /** Whether the server can be used now; `said` is what it has written since this start. Asked again and again. */
  readonly ready: (said: () => string) => Promise<boolean> | boolean;
  readonly startTimeoutMs: number;
  readonly log: Log;
}

/** One server process, known by its pid. */
export class ServerProcess {
  readonly #command: ServerCommand;
  #child: ChildProcess | undefined;
  #expected = false;

  constructor(command: ServerCommand) {
    this.#command = command;
  }

  /** The pid, also after the process has died; undefined before the first start. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get alive(): boolean {
    return this.#child !== undefined && running(this.#child);
  }

  /** Starts the process and waits until it is ready. When it fails, it is ended and the error holds its last words. */
  async start(): Promise<void> {
    const { name, logFile, ready, startTimeoutMs, log } = this.#command;
    if (this.alive) return;
    const began = Date.now();
    const before = sizeOf(logFile);
    const said = (): string => readFileSync(logFile).subarray(before).toString();
    const child = this.#spawn();
    try {
      await until(`${name} to be ready`, startTimeoutMs, async () => {
        if (!running(child)) throw new Error(`${name} ended while starting`);
        return (await ready(said)) && running(child);
      });
    } catch (error) {
      await this.end("SIGKILL");
      const words = said().trim().split("\n").slice(-20).join("\n");
      throw new Error(`${(error as Error).message}. It said last:\n${words}`, { cause: error });
    }
    log(`${name} (pid ${child.pid}) ready in ${((Date.now() - began) / 1_000).toFixed(1)} s`);
  }

  #spawn(): ChildProcess {
    const { name, program, args, env, logFile, log } = this.#command;
    const file = openSync(logFile, "a");
    try {
      // A session of its own, so that a Ctrl-C reaches the test process alone; the reaper ends it then.
      const stdio = ["ignore", file, file] as const;
      const child = spawn(program, args, { stdio: [...stdio], detached: true, env: { ...process.env, ...env } });
      this.#child = child;
      this.#expected = false;
      child.unref();
      child.once("error", (error) => log(`${name}: ${error.message}`));
      const { pid } = child;
      if (pid === undefined) return child;
      reapProcess(pid);
      child.once("exit", (code, signal) => {
        forgetProcess(pid);
        if (!this.#expected) log(`${name} (pid ${pid}) ended by itself: ${code ?? signal}`);
      });
      return child;
    } finally {
      closeSync(file);
    }
  }

  /** Sends the signal; unless it only halts or continues the process, waits until it has ended. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (signal === "SIGSTOP" || signal === "SIGCONT") {
      if (this.alive) this.#child?.kill(signal);
      return;
    }
    await this.end(signal);
  }

  /** Ends the process if it is there; a polite signal is followed by SIGKILL after 20 s. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.alive) return;
    this.#expected = true;
    child.kill(signal);
    try {
      await until(`${this.#command.name} to end`, 20_000, () => !running(child), 10);
    } catch {
      child.kill("SIGKILL");
      await until(`${this.#command.name} to end`, 20_000, () => !running(child), 10);
    }
  }

  /** Ends the process politely if it still runs, and starts it again on the same port and data. */
  async restart(): Promise<void> {
    await this.end("SIGTERM");
    await this.start();
  }
}

function running(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
