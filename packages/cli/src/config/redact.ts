import { asError, TandemError } from "@tandem-cdc/core";
import type { Config } from "./schema.ts";

const SECRET_KEY = /password|passphrase|secret|token|credential|jaas|sasl\.username|\.pem$/i;

/** Takes out of a text what the configuration keeps secret: foreign errors may repeat what they were given. */
export function redacting({ dedup, kafka }: Pick<Config, "dedup" | "kafka">): (text: string) => string {
  const hidden = [...secrets(kafka), ...secrets(dedup.store)];
  return (text) => hidden.reduce((safe, secret) => safe.replaceAll(secret, "***"), text);
}

/** The same error, with a message that may be shown. */
export function redacted(thrown: unknown, safe: (text: string) => string): Error {
  const error = asError(thrown);
  const message = safe(error.message);
  if (message === error.message) return error;
  return error instanceof TandemError ? new TandemError(error.code, message) : new Error(message);
}

function secrets(value: unknown, key = ""): string[] {
  if (typeof value === "string") return SECRET_KEY.test(key) && value.length > 3 ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => secrets(item, name));
}
