import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** What npm links as `tandem`: the built command. */
export const COMMAND = fileURLToPath(new URL("../bin/tandem.cjs", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a child process. */
export class Tandem {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], env: Record<string, string | undefined> = {}) {
    this.child = spawn(COMMAND, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    this.child.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = once(this.child, "close").then(([code]) => ({
      code: code as number | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }

  /** The first line of stdout that holds the text. */
  async line(text: string): Promise<string> {
    const lines = createInterface({ input: this.child.stdout ?? process.stdin });
    for await (const line of lines) if (line.includes(text)) return line;
    throw new Error(`tandem ended and never said "${text}": ${this.stdout}${this.stderr}`);
  }
}

/** Runs the command to its end. */
export function tandem(...args: readonly string[]): Promise<Ended> {
  return new Tandem(args).ended;
}
