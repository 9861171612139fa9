export { EVERY_MS, type MemoryLine } from "./fleet.ts";
export { chaos, isFine, type Log } from "./chaos.ts";
export { type ChaosOptions, type CommandOptions, optionsOf } from "./options.ts";
export { type ChaosReport, counted, type Happened, reportLines, reportText } from "./report.ts";
export {
  type Fault,
  type FaultKind,
  FAULTS,
  type Place,
  schedule,
  type ScheduleOptions,
  type StoreName,
} from "./schedule.ts";
export { leakBound, type Slope, slopes, soakSchedule } from "./soak.ts";
export { type Address, Proxy, type Weather } from "./proxy.ts";
export { ChaosAudit, type Sight } from "./audit/chaos-audit.ts";
