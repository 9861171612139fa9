// The identity of Debezium's events, by their own connector
export { debeziumIdentity, type DebeziumIdentityOptions } from "./identity.ts";
export type { SourcesOptions } from "./sources.ts";
export { CONNECTOR_NAMES, type ConnectorName } from "./connectors/known.ts";

// Identities of any records
export { contentIdentity, type ContentIdentityOptions } from "./generic/content-identity.ts";
export { fieldsIdentity, type FieldsIdentityOptions } from "./generic/fields-identity.ts";
export { headerIdentity } from "./generic/header-identity.ts";
export { ignoreIdentity, passIdentity } from "./generic/without-identity.ts";
export { customIdentity, type CustomIdentityOptions } from "./generic/custom-identity.ts";
export { type IdentityRule, rules } from "./generic/rules.ts";

// Payloads
export { jsonFormat } from "./json-format.ts";
export { ChangeEvent, SOURCE_FIELD, type SourceField } from "./change-event.ts";
