import { TandemError } from "@tandem-cdc/core";
import { call } from "./call.ts";
import type { KafkaConsumer, Producer } from "./rdkafka.ts";

type Client = Pick<Producer | KafkaConsumer, "connect">;

/** The client's own types know no logs. */
interface Logging {
  on(event: "event.log", listener: (log: { readonly message?: string }) => void): unknown;
}

interface Reason {
  readonly says: RegExp;
  readonly advice: string;
  /** Waiting does not help: a person has to mend it. */
  readonly final?: true;
}

const REASONS: readonly Reason[] = [
  {
    says: /SASL authentication error|Authentication failed/,
    advice: "the broker refuses this login: mend sasl.username, sasl.password and sasl.mechanisms",
    final: true,
  },
  {
    says: /Unsupported SASL mechanism/,
    advice: "the broker does not know this kind of login: mend sasl.mechanisms",
    final: true,
  },
  {
    // The broker's word on this client's certificate, which may be none.
    says: /alert (bad certificate|unknown ca|certificate (required|unknown|expired|revoked))/i,
    advice:
      "the broker asks for a certificate of this client, by an authority that it trusts: mend ssl.certificate.location and ssl.key.location, or ssl.certificate.pem and ssl.key.pem",
    final: true,
  },
  {
    says: /certificate verify failed|hostname mismatch/i,
    advice:
      "the broker's certificate is not one that is trusted here: mend ssl.ca.location or ssl.ca.pem, or the name in bootstrap.servers",
    final: true,
  },
  {
    says: /PLAINTEXT broker listener|wrong version number/,
    advice: "no TLS is spoken at this port: mend security.protocol, or the port in bootstrap.servers",
  },
  {
    says: /in state APIVERSION_QUERY/,
    advice:
      "the broker hangs up on this client, as one that wants TLS does: mend security.protocol, or the port in bootstrap.servers",
  },
  {
    says: /SSL connection closed by peer.*in state UP/,
    advice: "the broker hangs up on this client, as one that wants a login does: mend security.protocol (sasl_ssl)",
  },
];

/** Another broker, or the same one a moment later, may still let the client in. */
const GRACE_MS = 3_000;
const LOGS_MS = 100;
const NOISE = /^(\[thrd:[^\]]*\]: )?|\s*\(after \d+ms in state .*\)$/g;

/**
 * Connects a client and reads its metadata once. Why it cannot, the client's error does not tell ("broker transport
 * failure"); what it logs meanwhile does. A reason that only a person can mend ends the attempt early.
 */
export async function connected(what: string, client: Client, timeoutMs = 10_000): Promise<unknown> {
  let connecting = true;
  let reason: Reason | undefined = undefined as Reason | undefined;
  let told = "";
  let giveUp: (error: Error) => void = () => undefined;
  let timer: NodeJS.Timeout | undefined;
  const error = (retriable: boolean, cause?: unknown): TandemError =>
    new TandemError("TRANSPORT_FAILED", `${what}: ${told.replaceAll(NOISE, "")} (${reason?.advice})`, {
      cause,
      retriable,
    });
  (client as unknown as Logging).on("event.log", ({ message = "" }) => {
    const found = REASONS.find(({ says }) => says.test(message));
    if (!connecting || found === undefined || reason?.final === true) return;
    [reason, told] = [found, message];
    if (found.final === true) timer = setTimeout(() => giveUp(error(false)), GRACE_MS);
  });
  try {
    return await Promise.race([
      call<unknown>(what, 40_000, (done) => client.connect({ timeout: timeoutMs }, (thrown) => done(thrown))),
      new Promise<never>((_, reject) => (giveUp = reject)),
    ]);
  } catch (thrown) {
    // Logs come by another way than answers, sometimes a moment later.
    if (reason === undefined) await new Promise((resolve) => setTimeout(resolve, LOGS_MS));
    if (reason === undefined || thrown instanceof TandemError) throw thrown;
    throw error(reason.final !== true, thrown);
  } finally {
    connecting = false;
    clearTimeout(timer);
  }
}
