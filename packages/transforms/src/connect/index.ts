// Kafka Connect's own transforms.
export { cast } from "./cast.ts";
export { dropHeaders } from "./drop-headers.ts";
export { extractField } from "./extract-field.ts";
export { filter } from "./filter.ts";
export { flatten } from "./flatten.ts";
export { headerFrom } from "./header-from.ts";
export { hoistField } from "./hoist-field.ts";
export { insertField } from "./insert-field.ts";
export { insertHeader } from "./insert-header.ts";
export { maskField } from "./mask-field.ts";
export { regexRouter } from "./regex-router.ts";
export { replaceField } from "./replace-field.ts";
export { setSchemaMetadata } from "./set-schema-metadata.ts";
export { timestampConverter } from "./timestamp-converter.ts";
export { timestampRouter } from "./timestamp-router.ts";
export { valueToKey } from "./value-to-key.ts";
