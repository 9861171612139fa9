import { asError } from "@tandem-cdc/core";
import type { Config } from "./schema.ts";

const SECRET_KEY =
  /password|passphrase|secret|token|credential|jaas|sasl\.(username|oauthbearer)|api.?key|connection.?string|\.pem$|^key$/i;

/** Takes out of a text what the configuration keeps secret: foreign errors may repeat what they were given. */
export function redacting({
  admin,
  dedup,
  doctor,
  input,
  kafka,
  predicates,
  transforms,
}: Pick<Config, "dedup" | "input" | "kafka"> &
  Partial<Pick<Config, "admin" | "doctor" | "predicates" | "transforms">>): (text: string) => string {
  const { identity, shadow, store } = dedup;
  // The longest first: a shorter one may be a part of it.
  const hidden = [
    kafka,
    input.registry,
    store,
    identity,
    shadow,
    doctor,
    admin,
    ...optionsOf(transforms),
    ...optionsOf(predicates),
  ]
    .flatMap((part) => secrets(part))
    .toSorted((a, b) => b.length - a.length);
  return (text) => hidden.reduce((safe, secret) => safe.replaceAll(secret, "***"), text);
}

/** The same error, with a message that may be shown. */
export function redacted(thrown: unknown, safe: (text: string) => string): Error {
  const error = asError(thrown);
  const message = safe(error.message);
  if (message === error.message) return error;
  const copy = Object.assign(Object.create(Object.getPrototypeOf(error) as object) as Error, error);
  for (const [name, value] of Object.entries({ message, stack: safe(error.stack ?? "") }))
    Object.defineProperty(copy, name, { value, configurable: true, writable: true });
  return copy;
}

function optionsOf(steps: readonly { readonly options: unknown }[] = []): readonly unknown[] {
  return steps.map(({ options }) => options);
}

/** A copy of a part of the configuration that may be shown. */
export function withoutSecrets(value: unknown, key = ""): unknown {
  if (typeof value !== "object" || value === null) {
    if (value !== undefined && SECRET_KEY.test(key)) return "***";
    return typeof value === "string" ? withoutPassword(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, key));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item, name)]));
}

function withoutPassword(text: string): string {
  if (!text.includes("://") || !URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password === "") return text;
  url.password = "***";
  return url.href;
}

function secrets(value: unknown, key = ""): string[] {
  if (typeof value === "string") return [...(SECRET_KEY.test(key) ? [value] : []), ...urlPasswords(value)].filter(long);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => secrets(item, Array.isArray(value) ? key : name));
}

/** As it stands in the URL, and as it is meant. */
function urlPasswords(text: string): string[] {
  if (!text.includes("://") || !URL.canParse(text)) return [];
  const { password } = new URL(text);
  return [password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Less is found in any text. */
function long(secret: string): boolean {
  return secret.length > 3;
}
