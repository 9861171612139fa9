import { debeziumIdentity } from "@tandem-cdc/debezium";
import { beforeEach, expect, it, vi } from "vitest";
import { assemble } from "../src/run/assemble.ts";
import { least, parse, problems, put } from "./support.ts";

vi.mock("@tandem-cdc/debezium", { spy: true });
beforeEach(() => void vi.mocked(debeziumIdentity).mockClear());

/** Makes a pipeline of the least configuration with this `dedup`. */
async function assembled(dedup: Record<string, string | number | Record<string, string>>): Promise<void> {
  const { config } = parse(
    least((c) => Object.entries(dedup).forEach(([key, value]) => put(c, ["dedup", key], value))),
  );
  const { transport } = await assemble(config, {
    configFile: "tandem.yaml",
    observer: { observe: () => undefined },
    onNotice: () => undefined,
  });
  await transport.close();
}

it.each([1_000, "1000"])("dedup.bucketWidth, here %o, is the identity's", async (bucketWidth) => {
  await assembled({ bucketWidth, sources: { header: "connector" } });
  expect(debeziumIdentity).toHaveBeenCalledWith({ bucketWidth: 1_000, sources: { header: "connector" } });
});

it("is left to the identity where it is left out", async () => {
  await assembled({});
  expect(debeziumIdentity).toHaveBeenCalledWith({});
});

it.each([0, -1, 1.5, "wide"])("cannot be %o", (width) => {
  expect(problems(least((c) => put(c, ["dedup", "bucketWidth"], width)))).toEqual([
    expect.stringMatching(/^dedup\.bucketWidth: /),
  ]);
});
