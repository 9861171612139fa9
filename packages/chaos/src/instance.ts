import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ConfigFile, TandemProcess } from "@tandem-cdc/acceptance";

/** A process that ended without being told to. */
export interface Exit {
  readonly instance: number;
  readonly code: number | null;
  readonly said: string;
}

/** How long a process may take to stop politely. */
const STOP_MS = 20_000;
/** What looks after processes starts one again after so long. */
const RESTART_MS = 1_000;

/** One `tandem run`, started again when it ends by itself, as whatever looks after processes does. */
export class Instance {
  readonly number: number;
  readonly #config: ConfigFile;
  readonly #onExit: (exit: Exit) => void;
  readonly #logs: string | undefined;
  readonly #alive = new Set<TandemProcess>();
  #process: TandemProcess | undefined;
  #starts = 0;

  /** `logs`: the folder that takes what the processes say. */
  constructor(number: number, config: ConfigFile, onExit: (exit: Exit) => void, logs?: string) {
    this.number = number;
    this.#config = config;
    this.#onExit = onExit;
    this.#logs = logs;
  }

  get process(): TandemProcess | undefined {
    return this.#process;
  }

  get starts(): number {
    return this.#starts;
  }

  /** What it said last of its lanes; null before it said anything. */
  get progress(): { readonly lanes: number; readonly lag: number | null } | null {
    const line = this.#process?.stdout.findLast((said) => said.includes('"event":"progress"'));
    return line === undefined ? null : (JSON.parse(line) as { lanes: number; lag: number | null });
  }

  /** Resident memory in MiB; undefined while there is none, and where there is no /proc. */
  get memoryMb(): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.#process?.child.pid}/status`, "utf8");
      const kb = /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
      return kb === undefined ? undefined : Math.round(Number(kb) / 1024);
    } catch {
      return undefined;
    }
  }

  /** Starts a process; one that is there already is nobody's any more. */
  start(): void {
    this.#starts++;
    const process = new TandemProcess(["run", "--config", this.#config.path]);
    this.#process = process;
    this.#alive.add(process);
    if (this.#logs !== undefined)
      process.child.stdout?.pipe(createWriteStream(join(this.#logs, `instance-${this.number}.log`), { flags: "a" }));
    void process.exited.then((code) => {
      this.#alive.delete(process);
      if (this.#process !== process) return;
      this.#onExit({ instance: this.number, code, said: lastWords(process) });
      setTimeout(() => {
        if (this.#process === process) this.start();
      }, RESTART_MS);
    });
  }

  /** Takes the process away from whatever looks after it. */
  release(): TandemProcess | undefined {
    const process = this.#process;
    this.#process = undefined;
    return process;
  }

  async kill(): Promise<void> {
    await this.release()?.stop("SIGKILL");
  }

  /** SIGTERM, and SIGKILL for who does not hear: the exit code, null when it was killed. */
  async stop(): Promise<number | null> {
    const process = this.release();
    return process === undefined ? 0 : ended(process, STOP_MS);
  }

  /** Ends whatever is left of it, halted ones too. */
  remove(): void {
    this.release();
    for (const process of this.#alive) process.kill("SIGKILL");
    this.#config.remove();
  }
}

/** The exit code of a process that is told to stop; null when it had to be killed after `ms`. */
export async function ended(process: TandemProcess, ms: number, signal?: NodeJS.Signals): Promise<number | null> {
  const timer = setTimeout(() => process.kill("SIGKILL"), ms);
  const code = signal === undefined ? await process.stop() : await (process.kill(signal), process.exited);
  clearTimeout(timer);
  return code;
}

function lastWords({ stderr, stdout }: TandemProcess): string {
  return (stderr.at(-1) ?? stdout.at(-1) ?? "").slice(0, 400);
}
