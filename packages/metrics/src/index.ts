export { DUPLICATES, metricsObserver, type MetricsOptions } from "./observer.ts";
export { type MetricsServer, type MetricsServerOptions, serveMetrics } from "./server.ts";
export { CommittedDrops } from "./committed-drops.ts";
export { Lag } from "./lag.ts";
