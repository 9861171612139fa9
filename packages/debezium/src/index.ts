export { debeziumIdentity, type DebeziumIdentityOptions } from "./identity.ts";
export { ChangeEvent, SOURCE_FIELD, type SourceField } from "./change-event.ts";
