export { type Change, deliveries, type Delivery, eventOf, history, random } from "./history.ts";
export { commitOffset, createTopic, deleteTopic, type Outgoing, Reader, type Stored, Writer } from "./io.ts";
export { type StoreProcess, startStore, STORE_MODULE } from "./store-process.ts";
export { TandemProcess } from "./tandem-process.ts";
export { type ConfigFile, configFile, type ConfigOptions } from "./config-file.ts";
export { send, type Workload, workload } from "./workload.ts";
export { ChangeFollower } from "./change-follower.ts";
export { JSON_WIRE, type RowChange, rowChange, type Wire } from "./row-change.ts";
export { AvroWire } from "./avro-wire.ts";
export {
  pgBig,
  pgCopy,
  PG_LAST,
  PG_LAST_ROWS,
  PG_SHOP,
  PG_SHOP_ROWS,
  PG_SHOP_TABLES,
  pgShopRound,
} from "./postgres-shop.ts";
export { Recording, type SourceRecord } from "./recording.ts";
export { compareStreams, type StreamVerdict } from "./stream-verdict.ts";
export { bigTransaction, LAST, LAST_ROWS, SHOP, SHOP_ROWS, SHOP_TABLES, shopRound } from "./shop.ts";
export { recordFigure } from "./record-figure.ts";
