import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import { resource } from "./resource.ts";

/**
 * One small process beside this one that ends our servers and removes our folders when this process is gone, whether
 * it returned, was interrupted or was killed with -9. No exit or signal handlers are put into the test process.
 */
let reaper: Socket | undefined;

function tell(line: string): void {
  if (reaper === undefined) {
    // A session of its own: a Ctrl-C in the terminal does not reach it.
    const child = spawn("/bin/sh", [resource("reaper.sh")], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    child.unref();
    child.on("error", () => {});
    child.stdin.on("error", () => {});
    reaper = child.stdin as Socket;
    reaper.unref();
  }
  reaper.write(`${line}\n`);
}

export function reapProcess(pid: number): void {
  tell(`+ ${pid}`);
}

export function forgetProcess(pid: number): void {
  tell(`- ${pid}`);
}

export function reapFolder(path: string): void {
  tell(`+dir ${path}`);
}

export function forgetFolder(path: string): void {
  tell(`-dir ${path}`);
}
