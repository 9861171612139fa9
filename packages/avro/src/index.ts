// Reading payloads
export { type AvroFormatOptions, avroFormat } from "./format.ts";
export { autoFormat } from "./auto-format.ts";

// Whole values
export { type AvroCodec, avroCodec, type AvroCodecOptions } from "./codec.ts";
export type { DecodeOptions } from "./decode.ts";
export { type Meaning, semantic } from "./semantic.ts";

// Through transforms
export { autoConverter } from "./connect/auto-converter.ts";
export { avroConverter, type AvroConverterOptions } from "./connect/avro-converter.ts";

// The schema registry
export { type RegisteredSchema, schemaRegistry, type SchemaReference, type SchemaRegistry } from "./registry.ts";
export type { RegistryOptions, RegistryTls } from "./registry-options.ts";
export { type AvroField, AvroType, type NamedTypes, parseSchema } from "./schema.ts";
export { framed, HEADER_BYTES, isFramed, readSchemaId } from "./wire.ts";
