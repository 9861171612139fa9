import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { TandemError } from "@tandem-cdc/core";
import type { ClientProperties } from "../../properties.ts";
import { type Login, plainLogin, scramLogin } from "./scram.ts";

/** How to speak to a broker. */
export interface Security {
  readonly tls: ((host: string) => ConnectionOptions) | undefined;
  readonly mechanism: string | undefined;
  /** A new login for every connection. */
  readonly login: () => Login;
}

/** What librdkafka's security properties mean for connections of our own. Logins other than by password are not spoken. */
export function securityOf(client: ClientProperties): Security {
  const text = (property: string): string | undefined => {
    const value = client[property];
    return value === undefined || value === "" ? undefined : String(value);
  };
  const protocol = (text("security.protocol") ?? "plaintext").toLowerCase();
  const mechanism = protocol.startsWith("sasl_")
    ? (text("sasl.mechanisms") ?? text("sasl.mechanism") ?? "GSSAPI")
    : undefined;
  const user = [text("sasl.username") ?? "", text("sasl.password") ?? ""] as const;
  const logins: Readonly<Record<string, () => Login>> = {
    PLAIN: () => plainLogin(...user),
    "SCRAM-SHA-256": () => scramLogin("sha256", ...user),
    "SCRAM-SHA-512": () => scramLogin("sha512", ...user),
  };
  const login = logins[mechanism ?? "PLAIN"];
  if (login === undefined)
    throw new TandemError(
      "TRANSPORT_FAILED",
      `a login by ${mechanism} is not spoken here, only PLAIN and SCRAM: the pipeline's own client speaks it`,
    );
  return { tls: protocol.endsWith("ssl") ? tlsOf(text) : undefined, mechanism, login };
}

function tlsOf(text: (property: string) => string | undefined): Security["tls"] {
  const file = (pem: string, location: string): string | undefined => {
    const path = text(location);
    return text(pem) ?? (path === undefined || path === "probe" ? undefined : readFileSync(path, "utf8"));
  };
  const parts = {
    ca: file("ssl.ca.pem", "ssl.ca.location"),
    cert: file("ssl.certificate.pem", "ssl.certificate.location"),
    key: file("ssl.key.pem", "ssl.key.location"),
    passphrase: text("ssl.key.password") ?? text("ssl.keystore.password"),
  };
  const keystore = text("ssl.keystore.location");
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
  const anyName = text("ssl.endpoint.identification.algorithm") === "none";
  return (host) => ({
    ...given,
    ...(keystore === undefined ? {} : { pfx: readFileSync(keystore) }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(anyName ? { checkServerIdentity: () => undefined } : {}),
    rejectUnauthorized: text("enable.ssl.certificate.verification") !== "false",
  });
}
