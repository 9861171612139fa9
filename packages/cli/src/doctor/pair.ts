import type { Config } from "../config/schema.ts";
import type { Connector } from "./connect-rest.ts";

const INSERT_HEADER = /\.InsertHeader$/;

/** Names of the transforms of a connector that are in force. */
export function transformsOf({ config }: Connector): readonly string[] {
  return (config["transforms"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** The key under which a connector says what its source header holds. */
export function headerKeyOf(connector: Connector, header: string): string | undefined {
  const { config } = connector;
  const name = transformsOf(connector).find(
    (each) =>
      INSERT_HEADER.test(config[`transforms.${each}.type`] ?? "") && config[`transforms.${each}.header`] === header,
  );
  return name === undefined ? undefined : `transforms.${name}.value.literal`;
}

/** What a connector calls itself. */
export function headerValueOf(connector: Connector, header: string): string | undefined {
  const key = headerKeyOf(connector, header);
  return key === undefined ? undefined : connector.config[key];
}

/** The connectors that write to the input: Debezium's with that prefix, and those that add the source header. */
export function pairOf(
  connectors: readonly Connector[],
  { dedup, input }: Config,
  inputs: readonly string[],
): readonly Connector[] {
  const named = [...inputs, ...input.topics.filter((text) => !text.startsWith("/"))];
  return connectors.filter((connector) => {
    const header = dedup.sources?.header;
    if (header !== undefined && headerKeyOf(connector, header) !== undefined) return true;
    const prefix = connector.config["topic.prefix"];
    if (prefix === undefined || !(connector.config["connector.class"] ?? "").startsWith("io.debezium.")) return false;
    return named.some((topic) => topic === prefix || topic.startsWith(`${prefix}.`));
  });
}
