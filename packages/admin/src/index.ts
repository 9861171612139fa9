// A pipeline that is made again and again
export {
  supervise,
  type Supervised,
  type SupervisedState,
  type SupervisedStatus,
  type SuperviseOptions,
} from "./supervisor.ts";
export type { Topics } from "./active-topics.ts";

// The API
export { adminHandler, type AdminOptions, type ManagedPipeline } from "./handler.ts";
export { isLoopback } from "./guard.ts";
export { type AdminServer, adminServer, type AdminServerOptions } from "./server.ts";
export { openApiText } from "./openapi.ts";

// What pipelines can be made of
export type { Plugin, PluginKind, PluginOption, PluginProblem } from "./plugin.ts";
