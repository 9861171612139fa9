export { metricsObserver } from "./observer.ts";
export { type MetricsServer, type MetricsServerOptions, serveMetrics } from "./server.ts";
