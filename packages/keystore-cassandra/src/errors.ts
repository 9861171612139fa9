import { TandemError } from "@tandem-cdc/core";

/** What the driver's errors have in common; told by name, as a client may come from another copy of the driver. */
interface Foreign {
  readonly name?: string;
  readonly message?: string;
  /** A number from the server, a string from Node's sockets. */
  readonly code?: number | string;
  /** By host: what went wrong there, or words. */
  readonly innerErrors?: Readonly<Record<string, unknown>> | null;
}

const SERVER = { badCredentials: 0x0100, unauthorized: 0x2100, syntax: 0x2000, config: 0x2300, exists: 0x2400 };
const NO_TLS = "ERR_SSL_WRONG_VERSION_NUMBER";
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS|ERR_SSL/;

/**
 * The driver's error as ours. What waits for a node is retriable, whatever may have been written: appending again
 * changes nothing. What waits for a person is final. No message of the driver or the server holds a password. `hint`: what
 * a node may mean that hangs up; it may also be starting again.
 */
export function sorted(thrown: unknown, doing: string, hint?: string): TandemError {
  if (thrown instanceof TandemError) return thrown;
  const said = saidBy(thrown);
  const text = said.map(({ host, error }) => `${host}${error.message ?? ""}`).join("; ");
  for (const { error } of said) {
    const advice = adviceFor(error);
    if (advice !== null)
      return new TandemError("CONFIG_INVALID", `Cassandra store, ${doing}: ${error.message}. ${advice}`, {
        cause: thrown,
      });
  }
  const ours = thrown instanceof TypeError || thrown instanceof RangeError;
  const hungUp = hint !== undefined && said.some(({ error }) => error.code === "ECONNRESET");
  const told = `${text || "no answer"}${hungUp ? ` (${hint})` : ""}`;
  return new TandemError("STORE_UNAVAILABLE", `Cassandra store, ${doing}: ${told}`, {
    cause: thrown,
    retriable: !ours,
  });
}

export function isUnauthorized(thrown: unknown): boolean {
  return (thrown as Foreign).code === SERVER.unauthorized;
}

/** The errors of every host that was tried, or the error itself. */
function saidBy(thrown: unknown): { host: string; error: Foreign }[] {
  const inner = Object.entries((thrown as Foreign | null)?.innerErrors ?? {});
  if (inner.length === 0) return [{ host: "", error: foreign(thrown) }];
  return inner.map(([host, error]) => ({ host: `${host}: `, error: foreign(error) }));
}

function foreign(thrown: unknown): Foreign {
  return typeof thrown === "object" && thrown !== null ? thrown : { message: String(thrown) };
}

/** What a person has to do; null when nobody has to do anything. */
function adviceFor({ name, code, message = "" }: Foreign): string | null {
  // A node that cannot read its own users because too few of their replicas answer refuses in the same words.
  const ofNodes = /unable to perform|cannot achieve|timed? ?out/i.test(message);
  if (name === "AuthenticationError" || code === SERVER.badCredentials)
    return ofNodes ? null : "Check the store's credentials";
  if (code === SERVER.unauthorized)
    return ofNodes ? null : "Grant SELECT and MODIFY on the table to the role, see this package's README";
  if (name === "ArgumentError" && /data ?center/i.test(message)) return "Set localDataCenter to one that was found";
  if (code === NO_TLS) return "No TLS is spoken at this port: mend it in contactPoints, or leave tls out";
  if (typeof code === "string" && CERTIFICATE.test(code))
    return "Give the certificate authority as tls.ca; the certificate has to name the address that is connected to";
  if (code === SERVER.syntax || code === SERVER.config || code === SERVER.exists)
    return "Cassandra refuses the statement";
  return null;
}
