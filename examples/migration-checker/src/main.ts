import { check } from "./check.ts";

const { BOOTSTRAP_SERVERS: bootstrap, GRACE_MS: grace = "2000", SERVICE_URL: url, TOPIC: topic } = process.env;
if (bootstrap === undefined || topic === undefined || url === undefined)
  throw new Error("set BOOTSTRAP_SERVERS, TOPIC and SERVICE_URL (and UV_THREADPOOL_SIZE=16)");
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
process.once("SIGINT", () => stop.abort());
console.log(await check({ bootstrap, topic, url, graceMs: Number(grace) }, stop.signal));
