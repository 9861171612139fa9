/** Kafka's own command that sets a topic's properties. */
export function setTopic(
  bootstrap: string,
  topic: string,
  properties: Readonly<Record<string, string | number>>,
): string {
  const set = Object.entries(properties).map(([key, value]) => `${key}=${listed(String(value))}`);
  return `kafka-configs.sh --bootstrap-server ${bootstrap} --alter --entity-type topics --entity-name ${topic} --add-config ${set.join(",")}`;
}

/** Kafka's own command that sets a property of every broker, where it takes one while it runs. */
export function setBrokers(bootstrap: string, property: string, value: string | number): string {
  return `kafka-configs.sh --bootstrap-server ${bootstrap} --alter --entity-type brokers --entity-default --add-config ${property}=${value}`;
}

/** What stands in server.properties, and is read when a broker starts. */
export function restartBrokers(property: string, value: string | number): string {
  return `set ${property}=${value} in server.properties of every broker, and restart them one by one`;
}

function listed(value: string): string {
  return value.includes(",") ? `[${value}]` : value;
}
