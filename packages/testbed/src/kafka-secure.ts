import type { KafkaTools } from "./kafka-tools.ts";

export interface SecureListener {
  /** A PEM file with the server's key and certificate: see `certificates`. */
  readonly pemFile: string;
  /** Users and their passwords, by SCRAM-SHA-512. */
  readonly users: Readonly<Record<string, string>>;
  /** The authority whose clients get in by their certificate alone, at a listener of their own. */
  readonly clientCaFile?: string;
}

interface Ports {
  readonly plain: number;
  readonly controller: number;
  readonly secure: number;
  readonly mutual: number;
}

/** Lines of server.properties: the listeners, and that rights are asked for. */
export function secureProperties(
  { clientCaFile, pemFile }: SecureListener,
  { controller, mutual, plain, secure }: Ports,
): Record<string, string> {
  const advertised = [
    `PLAINTEXT://127.0.0.1:${plain}`,
    `SECURE://127.0.0.1:${secure}`,
    ...(clientCaFile === undefined ? [] : [`MUTUAL://127.0.0.1:${mutual}`]),
  ];
  return {
    listeners: [...advertised, `CONTROLLER://127.0.0.1:${controller}`].join(","),
    "advertised.listeners": advertised.join(","),
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,MUTUAL:SSL,CONTROLLER:PLAINTEXT",
    ...(clientCaFile === undefined ? {} : mutualProperties(pemFile, clientCaFile)),
    "listener.name.secure.ssl.keystore.type": "PEM",
    "listener.name.secure.ssl.keystore.location": pemFile,
    "listener.name.secure.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.secure.scram-sha-512.sasl.jaas.config":
      "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    // Who comes by the plain listener: brokers, controllers, and the tests themselves.
    "super.users": "User:ANONYMOUS",
  };
}

/** Who comes by certificate is the user of its common name. */
function mutualProperties(pemFile: string, clientCaFile: string): Record<string, string> {
  const of = "listener.name.mutual.ssl";
  return {
    [`${of}.client.auth`]: "required",
    [`${of}.keystore.type`]: "PEM",
    [`${of}.keystore.location`]: pemFile,
    [`${of}.truststore.type`]: "PEM",
    [`${of}.truststore.location`]: clientCaFile,
    [`${of}.principal.mapping.rules`]: "RULE:^CN=(.*)$/$1/",
  };
}

export async function createUsers(kafka: KafkaTools, { users }: SecureListener): Promise<void> {
  for (const [name, password] of Object.entries(users))
    await kafka.tool("kafka.admin.ConfigCommand", [
      "--alter",
      "--entity-type",
      "users",
      "--entity-name",
      name,
      "--add-config",
      `SCRAM-SHA-512=[iterations=4096,password=${password}]`,
    ]);
}
