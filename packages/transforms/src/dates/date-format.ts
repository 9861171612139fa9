import { datePattern } from "./date-pattern.ts";
import { dateReader } from "./read-date.ts";
import { dateWriter } from "./write-date.ts";

/** Between moments (milliseconds since 1970) and text. */
export interface DateFormat {
  readonly write: (ms: number) => string;
  /** Throws a `TandemError` of code RECORD_MALFORMED on text that does not fit. */
  readonly read: (text: string) => number;
}

/**
 * Java's SimpleDateFormat, in UTC and in English. Throws a `TandemError` of code CONFIG_INVALID on patterns that it does not
 * know: those with weeks, and those that are wrong.
 */
export function dateFormat(pattern: string): DateFormat {
  const parts = datePattern(pattern);
  return { write: dateWriter(parts), read: dateReader(pattern, parts) };
}
