import { deduplicate } from "./pipeline.ts";

const { BOOTSTRAP_SERVERS: bootstrap, TOPIC: topic } = process.env;
if (bootstrap === undefined || topic === undefined)
  throw new Error("set BOOTSTRAP_SERVERS and TOPIC (and UV_THREADPOOL_SIZE=16)");
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
process.once("SIGINT", () => stop.abort());
console.log(await deduplicate(bootstrap, topic, stop.signal));
