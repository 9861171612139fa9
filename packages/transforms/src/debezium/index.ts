// Debezium's transforms.
export { extractNewRecordState } from "./extract-new-record-state.ts";
export { byLogicalTableRouter } from "./by-logical-table-router.ts";
export { eventRouter } from "./event-router.ts";
export { contentBasedFilter } from "./content-based-filter.ts";
export { contentBasedRouter } from "./content-based-router.ts";
export { partitionRouting } from "./partition-routing.ts";
export { extractChangedRecordState } from "./extract-changed-record-state.ts";
export { headerToValue } from "./header-to-value.ts";
export { timezoneConverter } from "./timezone-converter.ts";
