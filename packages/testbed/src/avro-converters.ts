import type { ConnectorConfig } from "./connect-rest.ts";

/** Lines of a connector's configuration that make it write keys and values as Avro, in Confluent's wire format. Wants the plugin "avro". */
export function avroConverters({ converterUrl }: { readonly converterUrl: string }): ConnectorConfig {
  const settings = {
    "apicurio.registry.url": converterUrl,
    "apicurio.registry.auto-register": "true",
    "apicurio.registry.as-confluent": "true",
    "apicurio.registry.use-id": "contentId",
    "apicurio.registry.headers.enabled": "false",
  };
  const of = (side: "key" | "value"): [string, string][] => [
    [`${side}.converter`, "io.apicurio.registry.utils.converter.AvroConverter"],
    ...Object.entries(settings).map(([name, value]): [string, string] => [`${side}.converter.${name}`, value]),
  ];
  return {
    ...Object.fromEntries([...of("key"), ...of("value")]),
    "schema.name.adjustment.mode": "avro",
    "field.name.adjustment.mode": "avro",
  };
}
