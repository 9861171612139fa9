import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../cli/dist/bin.cjs", import.meta.url));

/** A `tandem` command as a child process, with what it said. */
export class TandemProcess {
  readonly child: ChildProcess;
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly exited: Promise<number | null>;
  #waiting: { test: (line: string) => boolean; found: () => void }[] = [];

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [BIN, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.exited = once(this.child, "exit").then(([code]) => code as number | null);
    this.#listen(this.child.stdout, this.stdout);
    this.#listen(this.child.stderr, this.stderr);
  }

  #listen(stream: NodeJS.ReadableStream | null, lines: string[]): void {
    if (stream === null) return;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (lines.length > 5_000) lines.shift();
      this.#waiting = this.#waiting.filter(({ found, test }) => {
        if (!test(line)) return true;
        found();
        return false;
      });
    });
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when a line of stdout or stderr passes the test; rejects when the process ends first, or after `ms`. */
  async line(test: (line: string) => boolean, ms = 60_000): Promise<void> {
    if ([...this.stdout, ...this.stderr].some(test)) return;
    let timer: NodeJS.Timeout | undefined;
    try {
      await Promise.race([
        new Promise<void>((found) => this.#waiting.push({ test, found })),
        this.exited.then((code) => Promise.reject(new Error(`tandem ended with ${code}: ${this.said}`))),
        new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error(`tandem did not say it within ${ms} ms: ${this.said}`)), ms);
        }),
      ]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The last that it said, for messages. */
  get said(): string {
    return [...this.stdout.slice(-15), ...this.stderr.slice(-30)].join("\n");
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it and waits for it. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.running) this.kill(signal);
    return this.exited;
  }
}
