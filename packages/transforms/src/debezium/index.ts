// Debezium's transforms.
export { extractNewRecordState } from "./extract-new-record-state.ts";
export { byLogicalTableRouter } from "./by-logical-table-router.ts";
export { eventRouter } from "./event-router.ts";
