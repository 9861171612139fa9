import { asError, type Clock, TandemError } from "@tandem-cdc/core";
import { type Answer, type HttpClient, httpClient, isTlsFault } from "./http.ts";
import type { RegistrySettings } from "./registry-options.ts";

/** Times that a question is asked before the registry counts as down, or its "not found" as true. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** The registry does not take a schema: it is not compatible with those before it, or not valid. */
export class SchemaRefused extends TandemError {
  override readonly name = "SchemaRefused";

  constructor(message: string) {
    super("REGISTRY_REFUSED", message);
  }
}

/** How a failed attempt goes on: `again` after a pause, or not. */
interface Failure {
  readonly error: TandemError;
  readonly pauseMs: number;
}

/** Questions to a registry in JSON: credentials, failover, retries, and answers sorted into the project's errors. */
export class RegistryRest {
  readonly #settings: RegistrySettings;
  readonly #http: HttpClient;
  readonly #clock: Clock;
  /** The url that answered last. */
  #current = 0;

  constructor(settings: RegistrySettings) {
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#http = httpClient(settings.timeoutMs, settings.tls);
  }

  /** The first address, for messages. */
  get where(): string {
    return this.#settings.urls[0] ?? "";
  }

  /**
   * Null when the registry knows of no such thing. With `patient` it is asked again before that is believed: a follower
   * may lag behind the leader where the schema was registered a moment ago.
   */
  get(path: string, { patient = false }: { readonly patient?: boolean } = {}): Promise<unknown> {
    return this.#ask("GET", path, undefined, patient ? 3 : 1);
  }

  post(path: string, body: unknown): Promise<unknown> {
    return this.#ask("POST", path, JSON.stringify(body), 1);
  }

  close(): void {
    this.#http.close();
  }

  refusal(path: string, what: string): TandemError {
    return new TandemError("REGISTRY_REFUSED", `${this.#url(path)}: ${this.#clean(what)}`);
  }

  async #ask(method: "GET" | "POST", path: string, body: string | undefined, believed: number): Promise<unknown> {
    let missing = 0;
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#try(method, path, body);
      if (!("error" in failure)) {
        if (failure.found !== null || ++missing >= believed) return failure.found;
        await this.#clock.sleep(FIRST_PAUSE_MS * 2 ** missing);
        continue;
      }
      this.#current = (this.#current + 1) % this.#settings.urls.length;
      if (!failure.error.retriable || attempt >= ATTEMPTS) throw failure.error;
      await this.#clock.sleep(Math.max(failure.pauseMs, pause(attempt)));
    }
  }

  async #try(
    method: "GET" | "POST",
    path: string,
    body: string | undefined,
  ): Promise<Failure | { readonly found: unknown }> {
    const { authorization } = this.#settings;
    const headers = {
      accept: "application/vnd.schemaregistry.v1+json, application/json",
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined ? {} : { "content-type": "application/vnd.schemaregistry.v1+json" }),
    };
    try {
      return this.#sorted(path, await this.#http.ask({ url: this.#url(path), method, headers, body }));
    } catch (cause) {
      const why = this.#clean(asError(cause).message);
      if (isTlsFault(cause))
        return stop(
          this.refusal(path, `no trust in the connection (${why}): mend \`tls\` (ca, servername), or the url`),
        );
      const message = `the schema registry at ${this.#url("")} does not answer: ${why}${this.#hint(cause)}`;
      return again(new TandemError("REGISTRY_UNAVAILABLE", message, { cause, retriable: true }));
    }
  }

  #sorted(path: string, { status, text, retryAfter }: Answer): Failure | { readonly found: unknown } {
    const answer = jsonOf(text);
    const said = messageOf(answer);
    if (status >= 200 && status < 300) {
      if (answer !== undefined) return { found: answer };
      return stop(this.refusal(path, "the answer is not JSON: is this a schema registry? Mend the url and its path"));
    }
    if (status === 408 || status === 429 || status >= 500) {
      const message = `the schema registry at ${this.#url("")} answers ${status}${this.#clean(said)}`;
      const error = new TandemError("REGISTRY_UNAVAILABLE", message, { retriable: true });
      return again(error, Math.min(Number(retryAfter ?? 0) * 1_000 || 0, LONGEST_PAUSE_MS));
    }
    if (status === 401 || status === 403)
      return stop(this.refusal(path, `refused (${status}${said}): mend user and password, or token, and their rights`));
    if (status === 404) {
      if (isMissing(answer)) return { found: null };
      return stop(this.refusal(path, "there is no schema registry (404): mend the url and its path"));
    }
    const subject = /^\/subjects\/([^/]+)/.exec(path)?.[1];
    if ((status === 409 || status === 422) && subject !== undefined)
      return stop(
        new SchemaRefused(
          `${this.#url(path)}: subject ${decodeURIComponent(subject)} does not take the schema (${status}${this.#clean(said)}): ` +
            "change what the transforms make, or the subject's compatibility",
        ),
      );
    return stop(this.refusal(path, `answers ${status}${said}`));
  }

  #url(path: string): string {
    return `${this.#settings.urls[this.#current] ?? ""}${path}`;
  }

  /** A server that wants TLS hangs up on who speaks without. */
  #hint(cause: unknown): string {
    const hungUp = (cause as NodeJS.ErrnoException).code === "ECONNRESET" && this.#url("").startsWith("http:");
    return hungUp ? ". If it wants TLS, begin the url with https" : "";
  }

  /** Without the credentials, if a server should repeat them. */
  #clean(text: string): string {
    return this.#settings.secrets.reduce((clean, secret) => clean.replaceAll(secret, "[redacted]"), text);
  }
}

const stop = (error: TandemError): Failure => ({ error, pauseMs: 0 });
const again = (error: TandemError, pauseMs = 0): Failure => ({ error, pauseMs });

/** Twice as long each time, and not all at one moment. */
const pause = (attempt: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const field = (answer: unknown, name: string): unknown =>
  typeof answer === "object" && answer !== null ? (answer as Readonly<Record<string, unknown>>)[name] : undefined;

function messageOf(answer: unknown): string {
  const message = field(answer, "message");
  return typeof message === "string" ? `: ${message.slice(0, 500)}` : "";
}

/** A registry numbers what it does not have (40401 to 40403); other servers' 404 says that the address is wrong. */
function isMissing(answer: unknown): boolean {
  const code = field(answer, "error_code");
  return typeof code === "number" && code >= 40_401 && code <= 40_499;
}
