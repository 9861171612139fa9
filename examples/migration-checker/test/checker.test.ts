import { type DataObject, TandemError } from "@tandem-cdc/core";
import { type PipelineSite, testPipeline, type TestedPipeline } from "@tandem-cdc/testkit";
import { describe, expect, it } from "vitest";
import { demo } from "../src/demo.ts";
import { idOf } from "../src/comparison.ts";
import type { Service } from "../src/service.ts";
import { PREFIX, stages } from "../src/stages.ts";

const TOPIC = "cdc.shop.orders";
const order = (id: number, total: number, version = 1): DataObject => ({ id, total, version });

/** A service that has what `rows` says when it is asked. */
function holding(rows: (asked: number) => readonly DataObject[]): Service {
  let asked = 0;
  return {
    async rows(ids) {
      const found = rows(asked++).map((row) => [idOf(row), row] as const);
      return new Map(found.filter(([id]) => ids.includes(id)));
    },
  };
}

const under =
  (service: Service) =>
  ({ clock, keyStore }: PipelineSite): TestedPipeline => ({
    topic: TOPIC,
    output: { prefix: PREFIX },
    transforms: stages({ keyStore, clock, service, graceMs: 2_000 }),
  });

describe("the checker", () => {
  it("says nothing where the service has what the database has", async () => {
    await testPipeline(under(holding(() => [order(1, 5), order(2, 6, 2)])))
      .send({ after: order(1, 5) }, { after: order(2, 4) }, { before: order(2, 4), after: order(2, 6, 2) })
      .send({ after: order(3, 1) }, { before: order(3, 1) })
      .expectNothing();
  });

  it("reports each mismatch once, whichever connector is first", async () => {
    const changes = [{ after: order(1, 5) }, { after: order(2, 6) }, { before: order(3, 7) }];
    await testPipeline(under(holding(() => [order(2, 60), order(3, 7)])))
      .send(changes.map((change) => Object.assign({ source: "a" }, change)))
      .send(changes.map((change) => Object.assign({ source: "b" }, change)))
      .expect([
        { topic: "mismatches.cdc.shop.orders", key: { id: 1 }, value: { kind: "missing", fields: {} } },
        { key: { id: 2 }, value: { kind: "differs", fields: { total: { database: 6, service: 60 } } } },
        { key: { id: 3 }, value: { kind: "left over", fields: {} } },
      ]);
  });

  it("gives the service its time to follow", async () => {
    const late = holding((asked) => (asked < 20 ? [] : [order(1, 5)]));
    await testPipeline(under(late))
      .send({ after: order(1, 5) })
      .expectNothing();
    const tooLate = holding((asked) => (asked < 30 ? [] : [order(1, 5)]));
    await testPipeline(under(tooLate))
      .send({ after: order(1, 5) })
      .expect([{ value: { kind: "missing" } }]);
  });

  it("leaves it to later changes where the service is ahead", async () => {
    await testPipeline(under(holding(() => [order(1, 6, 2), order(2, 1, 2)])))
      .send({ after: order(1, 5) }, { before: order(2, 7) })
      .expectNothing();
  });

  it("goes on where it was killed: a mismatch is neither lost nor reported twice", async () => {
    await testPipeline(under(holding(() => [])))
      .send({ source: "a", after: order(1, 5) })
      .restart()
      .send({ source: "b", after: order(1, 5) })
      .expect([{ key: { id: 1 }, value: { kind: "missing" } }]);
  });

  it("waits for a service that is down, which is no mismatch", async () => {
    let asked = 0;
    const down: Service = {
      async rows() {
        if (asked++ < 5) throw new TandemError("TRANSFORM_FAILED", "it is down", { retriable: true });
        return new Map([["1", order(1, 5)]]);
      },
    };
    await testPipeline(under(down))
      .send({ after: order(1, 5) })
      .expectNothing();
    expect(asked).toBe(6);
  });
});

it("shows a migration with three bugs", { timeout: 120_000 }, async () => {
  const lines: string[] = [];
  await demo((line) => lines.push(line));
  expect(lines).toEqual([
    "order 3 is missing in the service",
    "order 5: total is 4.5 in the database, 5 in the service",
    "order 7 was deleted, and is still in the service",
    "24 records of two connectors read, 3 mismatches",
  ]);
});
