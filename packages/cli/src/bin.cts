#!/usr/bin/env node
// CommonJS on purpose: to load an ES module, node uses libuv's thread pool, whose size is fixed at its first use. Here
// nothing has used it yet. The Kafka clients hold about ten of its threads.
const THREADS = 24;

process.env["UV_THREADPOOL_SIZE"] = String(Math.max(THREADS, Number(process.env["UV_THREADPOOL_SIZE"]) || 0));

void import("./main.ts").then(({ main }) => main(process.argv));
