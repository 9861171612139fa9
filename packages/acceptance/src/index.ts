export { audit, type Copy, type Verdict } from "./auditor.ts";
export { type Change, deliveries, type Delivery, eventOf, history, random } from "./history.ts";
export { commitOffset, createTopic, deleteTopic, type Outgoing, Reader, type Stored, Writer } from "./io.ts";
export { type StoreProcess, startStore, STORE_MODULE } from "./store-process.ts";
export { TandemProcess } from "./tandem-process.ts";
export { type ConfigFile, configFile, type ConfigOptions } from "./config-file.ts";
export { send, type Workload, workload } from "./workload.ts";
