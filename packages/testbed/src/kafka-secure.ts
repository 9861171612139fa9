import type { KafkaTools } from "./kafka-tools.ts";

export interface SecureListener {
  /** A PEM file with the server's key and certificate: see `certificates`. */
  readonly pemFile: string;
  /** Users and their passwords, by SCRAM-SHA-512. */
  readonly users: Readonly<Record<string, string>>;
}

interface Ports {
  readonly plain: number;
  readonly controller: number;
  readonly secure: number;
}

/** Lines of server.properties: the listener, and that rights are asked for. */
export function secureProperties(
  { pemFile }: SecureListener,
  { controller, plain, secure }: Ports,
): Record<string, string> {
  return {
    listeners: `PLAINTEXT://127.0.0.1:${plain},SECURE://127.0.0.1:${secure},CONTROLLER://127.0.0.1:${controller}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${plain},SECURE://127.0.0.1:${secure}`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT",
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
