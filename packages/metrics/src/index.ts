export { DUPLICATES, metricsObserver, type MetricsOptions } from "./observer.ts";
export { type MetricsServer, type MetricsServerOptions, serveMetrics } from "./server.ts";
export { CommittedFates, type Fates } from "./committed-fates.ts";
export { Lag } from "./lag.ts";
