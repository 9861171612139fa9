#!/usr/bin/env node
// libuv sizes its pool at its first use: this has to stand before anything is loaded. The Kafka client's blocking calls
// hold a thread each.
process.env["UV_THREADPOOL_SIZE"] ??= "16";

const { main } = await import("./main.ts");
await main(process.argv);
