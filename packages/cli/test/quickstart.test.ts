import { expect, it } from "vitest";
import { tandem } from "./command.ts";

it("quickstart --json ends with one line of the result, tells its story on stderr, and finds nothing wrong", async () => {
  const { code, stderr, stdout } = await tandem("quickstart", "--json", "--changes", "3000");
  expect(stdout).toMatch(
    /^\{"input":\d+,"distinct":3000,"emitted":3000,"duplicates":\d+,"lost":0,"duplicated":0,"reordered":0,"p50Ms":[\d.]+,"p99Ms":[\d.]+\}\n$/,
  );
  const { duplicates, emitted, input, p50Ms, p99Ms } = JSON.parse(stdout) as Record<string, number>;
  expect(input).toBeGreaterThan(6_000);
  expect(duplicates).toBe((input ?? 0) - (emitted ?? 0));
  expect(p99Ms).toBeGreaterThanOrEqual(p50Ms ?? Number.NaN);
  for (const part of ["bootstrap.servers", "crashes", "comes back", "replays", "0 lost, 0 duplicated, 0 reordered"])
    expect(stderr).toContain(part);
  expect(code).toBe(0);
});
