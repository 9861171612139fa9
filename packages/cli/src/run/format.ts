import type { Converter, PayloadFormat } from "@tandem-cdc/core";
import type { SchemaRegistry } from "@tandem-cdc/avro";
import { jsonFormat } from "@tandem-cdc/debezium";
import { jsonConverter } from "@tandem-cdc/transforms";
import type { Config } from "../config/schema.ts";

type Input = Pick<Config, "input">;

/** How the events of the input are read. */
export async function formatOf(config: Input): Promise<PayloadFormat> {
  const { format } = config.input;
  if (format === "json") return jsonFormat;
  const { autoFormat, avroFormat } = await import("@tandem-cdc/avro");
  const avro = avroFormat({ registry: await registryOf(config) });
  return format === "avro" ? avro : autoFormat(jsonFormat, avro);
}

/** How transforms read and write records. */
export async function converterOf(config: Input): Promise<Converter> {
  const { format } = config.input;
  if (format === "json") return jsonConverter();
  const { autoConverter, avroConverter } = await import("@tandem-cdc/avro");
  const { autoRegister } = config.input.registry;
  const registry = await registryOf(config);
  const avro = avroConverter({ registry, ...(autoRegister === undefined ? {} : { autoRegister }) });
  return format === "avro" ? avro : autoConverter(jsonConverter(), avro);
}

/** The schema registry that the configuration names. Asks nothing before it is asked. */
export async function registryOf({ input: { registry } }: Input): Promise<SchemaRegistry> {
  const { autoRegister: _, url, ...options } = registry;
  if (url === undefined) throw new TypeError("a registry without input.registry.url");
  const { schemaRegistry } = await import("@tandem-cdc/avro");
  return schemaRegistry({ ...options, url });
}
