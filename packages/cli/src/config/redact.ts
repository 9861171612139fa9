import type { Config } from "./schema.ts";

const SECRET_KEY = /password|passphrase|secret|token|credential|jaas|sasl\.username|\.pem$/i;

/** Takes out of a text what the configuration keeps secret: foreign errors may repeat what they were given. */
export function redact({ dedup, kafka }: Pick<Config, "dedup" | "kafka">, text: string): string {
  return [...secrets(kafka), ...secrets(dedup.store)].reduce((safe, secret) => safe.replaceAll(secret, "***"), text);
}

function secrets(value: unknown, key = ""): string[] {
  if (typeof value === "string") return SECRET_KEY.test(key) && value.length > 3 ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => secrets(item, name));
}
