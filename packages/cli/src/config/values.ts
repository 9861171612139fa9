import { z } from "zod";
import { durationMs } from "./duration.ts";
import { topicTrouble } from "./topic-pattern.ts";

// Kinds of values. `shown` is the type as people read it; the reference page is made of it.
// References leave text behind, hence a number and a switch may be written as text.

export const number = (shown: string, schema: z.ZodNumber) =>
  z
    .preprocess(
      (value) => (typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value),
      schema,
    )
    .meta({ shown });

export const flag = () =>
  z
    .preprocess((value) => (value === "true" ? true : value === "false" ? false : value), z.boolean())
    .meta({ shown: "true or false" });

export const duration = () =>
  z
    .string()
    .transform((text, context) => {
      const ms = durationMs(text);
      if (ms !== undefined && ms > 0) return ms;
      context.addIssue({
        code: "custom",
        message: 'has to be a duration above zero, such as "2d", "36h", "15m", "30s" or "500ms"',
      });
      return z.NEVER;
    })
    .meta({ shown: 'duration ("2d", "36h", "500ms")' });

export const label = (longest: number) =>
  z
    .preprocess(
      (value) => (typeof value === "number" ? String(value) : value),
      z
        .string()
        .regex(
          new RegExp(`^[A-Za-z0-9._-]{1,${longest}}$`),
          `has to be made of letters, digits, '.', '_' and '-', at most ${longest}`,
        ),
    )
    .meta({ shown: "text" });

export const filledText = () => z.string().min(1, "must not be empty");

/** A topic to write to. */
export const topicName = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/, "is not a topic name: letters, digits, '.', '_' and '-' only, at most 249")
    .meta({ shown: "topic" });

/** Topics to read, by name or expression. */
export const topic = z.string().superRefine((text, context) => {
  const message = topicTrouble(text);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});
