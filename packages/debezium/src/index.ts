export { debeziumIdentity, type DebeziumIdentityOptions } from "./identity.ts";
export type { SourcesOptions } from "./mariadb-sources.ts";
export { jsonFormat } from "./json-format.ts";
export { ChangeEvent, SOURCE_FIELD, type SourceField } from "./change-event.ts";
