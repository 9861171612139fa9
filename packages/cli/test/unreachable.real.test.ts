import { expect, it } from "vitest";
import { Tandem } from "./command.ts";
import { file, least, put } from "./support.ts";

// Here and not with the unit tests because it takes the client ten seconds to give a broker up.
it("run names a broker that it cannot reach, serves metrics meanwhile, and stops on SIGTERM with exit 0", async () => {
  const config = least((c) => [put(c, ["kafka", "bootstrap.servers"], "127.0.0.1:1"), put(c, ["metrics", "port"], 0)]);
  const run = new Tandem(["run", "--config", file(config, "tandem.json")]);
  const found = run.line("trying again");
  const { msg } = JSON.parse(await run.line("/metrics")) as { msg: string };
  const url = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(msg)?.[0] ?? "";
  expect(await (await fetch(url)).text()).toMatch(/^tandem_lanes 0$/m);
  expect(await found).toContain("127.0.0.1:1");

  run.child.kill("SIGTERM");
  const began = Date.now();
  const { code, stderr, stdout } = await run.ended;
  expect([code, stderr]).toEqual([0, ""]);
  expect(Date.now() - began).toBeLessThan(15_000);
  const events = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string; msg?: string; state?: string });
  expect(events.map(({ msg }) => msg)).toContain("connecting to 127.0.0.1:1");
  expect(events.findLast(({ event }) => event === "progress")).toMatchObject({ state: "connecting", lanes: 0 });
});
