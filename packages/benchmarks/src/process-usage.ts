import { readFileSync } from "node:fs";

/** What a process has used so far. */
export interface Usage {
  /** User and system time, seconds. */
  readonly cpuSeconds: number;
  /** Resident memory now, MiB. */
  readonly rssMiB: number;
}

/** Clock ticks per second of `/proc`: 100 on every Linux that Node runs on. */
const TICKS = 100;
const PAGE = 4_096;

/** Reads `/proc`: Linux only. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command's name may hold spaces and brackets: fields are counted from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return { cpuSeconds: ticks / TICKS, rssMiB: Math.round((pages * PAGE) / 1_048_576) };
}

/** CPU time so far of the thread that runs JavaScript here, without those of libuv, garbage collection and drivers. */
export function threadCpuMicros(): number {
  const [nanos] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
  return Number(nanos) / 1_000;
}
