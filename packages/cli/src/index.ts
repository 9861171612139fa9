export { type Loaded, loadConfig, parseConfig } from "./config/load.ts";
export { ConfigError, type Problem } from "./config/problem.ts";
export type { Config } from "./config/schema.ts";
export { assemble, type Assembled, type AssembleOptions } from "./run/assemble.ts";
export type { IdentityFactory } from "./run/own-identity.ts";
export type { KeyStoreFactory, StoreContext } from "./run/own-store.ts";
export { type ConfiguredPipeline, configuration, type ConfigurationSite } from "./run/configuration.ts";
