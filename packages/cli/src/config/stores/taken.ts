import { z } from "zod";

/** What a schema that depends on the value itself makes of it; its issues are passed on as they are. */
export function taken<T extends z.ZodType>(
  schema: T,
  value: unknown,
  context: z.RefinementCtx,
  path: readonly PropertyKey[] = [],
): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues)
    context.issues.push({ ...issue, path: [...path, ...issue.path], input: value } as never);
  return z.NEVER;
}
