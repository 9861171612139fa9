#!/usr/bin/env node
// CommonJS on purpose: to load an ES module, node uses libuv's thread pool, whose size is fixed at its first use. Here
// nothing has used it yet. The Kafka clients hold about ten of its threads.
const THREADS = 24;

process.env["UV_THREADPOOL_SIZE"] = String(Math.max(THREADS, Number(process.env["UV_THREADPOOL_SIZE"]) || 0));

// First thing: loading the rest takes a second, and a stop that nobody listens for ends the process without a word.
// The other commands write nothing, so they may end that way.
const stop = new AbortController();
if (process.argv[2] === "run")
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort(signal);
    });

void import("./main.ts").then(({ main }) => main(process.argv, stop.signal));
