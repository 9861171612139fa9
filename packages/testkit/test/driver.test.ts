import { AssertionError } from "node:assert";
import { type Clock, OutcomesBuilder, systemClock, TandemError, type Transform } from "@tandem-cdc/core";
import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup } from "@tandem-cdc/dedup";
import { type ConnectRecord, defineTransform, maskField, option, topicNameMatches } from "@tandem-cdc/transforms";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type PipelineMaker, type TestedPipeline, testPipeline, type TestPipeline } from "../src/index.ts";

const upper = defineTransform({
  name: "Upper",
  options: z.strictObject({ field: option.text() }),
  create:
    ({ field }) =>
    (record: ConnectRecord) => {
      const row = record.value as Record<string, string> | null;
      if (row === null) return record;
      if (row[field] === undefined) throw new Error(`there is no ${field}`);
      return record.with({ value: { ...row, [field]: row[field].toUpperCase() } });
    },
});

/** Numbers records: in lane state, or, wrongly, in memory. */
function numbered(where: "state" | "memory"): Transform {
  let memory = 0;
  return {
    name: "numbered",
    apply(batch, context) {
      const outcomes = new OutcomesBuilder("numbered", batch);
      let last = where === "memory" ? memory : Number(context.state ?? 0);
      for (let i = 0; i < batch.length; i++)
        outcomes.replace(i, [{ headers: [{ key: "n", value: Buffer.from(String(++last)) }] }]);
      if (where === "memory") memory = last;
      else context.state = last;
      return outcomes.done();
    },
  };
}

const DEDUP: PipelineMaker = ({ clock, keyStore }) => ({
  topic: "cdc.shop.orders",
  transforms: [dedup({ identity: debeziumIdentity({ sources: { header: "connector" } }), keyStore, clock })],
});

async function failure(pipeline: TestPipeline): Promise<AssertionError> {
  const thrown: unknown = await pipeline.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(AssertionError);
  return thrown as AssertionError;
}

const TOLERANT: TestedPipeline = {
  transforms: [upper({ field: "name" })],
  errors: { tolerance: "all", deadLetterTopic: "dead" },
};

describe("a pipeline in a test", () => {
  it("says what comes out, decoded and in order", async () => {
    await testPipeline({ transforms: [upper({ field: "name" })] })
      .send({ key: { id: 1 }, value: { id: 1, name: "ada" }, headers: { h: "x" }, timestamp: 7 })
      .send([{ value: { id: 2, name: "bob" } }, { topic: "other", value: { id: 3, name: "eve" } }])
      .expect([
        {
          topic: "dedup.input",
          key: { id: 1 },
          value: { name: "ADA" },
          headers: { h: "x", y: undefined },
          timestamp: 7,
        },
        { value: { id: 2, name: /^B/ } },
        { topic: /other$/, value: { id: expect.any(Number), name: (name: string) => name === "EVE" } },
      ])
      .expectNothing()
      .send({ value: null })
      .expect([{ value: null }]);
  });

  it("takes bytes as they are, and gives what it cannot decode as bytes", async () => {
    const bytes = Uint8Array.of(0, 255);
    await testPipeline({ transforms: [] })
      .send({ value: bytes })
      .expect([{ value: bytes }]);
    expect(
      (
        await failure(
          testPipeline({ transforms: [] })
            .send({ value: bytes })
            .expect([{ value: Uint8Array.of(0) }]),
        )
      ).message,
    ).toContain("value: expected");
  });

  it("applies steps with their predicates, and keeps schemas", async () => {
    const schema = {
      type: "struct",
      optional: false,
      fields: [{ name: "email", schema: { type: "string", optional: true } }],
    } as const;
    const mask = {
      ...maskField({ fields: ["email"], replacement: "*" }),
      predicate: topicNameMatches({ pattern: "people" }),
    };
    await testPipeline({ transforms: [mask] })
      .send(
        { topic: "people", value: { email: "a@b" }, valueSchema: schema },
        { topic: "things", value: { email: "c" } },
      )
      .expect([
        { topic: "dedup.people", value: { email: "*" } },
        { topic: "dedup.things", value: { email: "c" } },
      ]);
  });

  it("reads topics that appear later", async () => {
    await testPipeline({ transforms: [], partitions: 2 })
      .send({ topic: "a", value: 1 })
      .expect([{ value: 1 }])
      .send({ topic: "b", partition: 1, value: 2 })
      .expect([{ topic: "dedup.b", partition: 1, value: 2 }])
      .send({ topic: "a", value: 3 })
      .expect([{ topic: "dedup.a", value: 3 }]);
  });

  it("makes Debezium's changes of rows: two sources send copies", async () => {
    const row = { id: 7, total: 5 };
    const changes = [{ after: row }, { before: row, after: { ...row, total: 6 } }, { before: row }];
    await testPipeline(DEDUP)
      .send(changes.map((change) => Object.assign({}, change, { source: "a" })))
      .send(changes.map((change) => Object.assign({}, change, { source: "b" })))
      .expect([
        { topic: "dedup.cdc.shop.orders", key: { id: 7 }, value: { op: "c" }, headers: { connector: "a" } },
        { value: { op: "u", after: { total: 6 }, source: { db: "shop", table: "orders" } } },
        { value: { op: "d", after: null } },
        { value: null },
      ]);
  });

  it("remembers what was claimed over a restart", async () => {
    await testPipeline(DEDUP)
      .send({ source: "a", after: { id: 1 } })
      .expect([{ value: { after: { id: 1 } } }])
      .restart()
      .send({ source: "b", after: { id: 1 } })
      .expectNothing();
  });
});

describe("time", () => {
  it("is virtual: days pass, and clocks tell so", async () => {
    let clock: Clock = systemClock;
    const pipeline = testPipeline((site) => {
      clock = site.clock;
      return { transforms: [] };
    });
    await pipeline.send({ value: 1 }).expect([{ value: 1 }]);
    const before = clock.now();
    await pipeline
      .advance("2d")
      .send({ value: 2 })
      .expect([{ value: 2, timestamp: before + 2 * 86_400_000 }]);
  });

  it("passes where a transform waits for it, and stands still where it waits for the real world", async () => {
    const began = Date.now();
    await testPipeline(({ clock }) => ({
      transforms: [
        {
          name: "waits",
          transform: {
            async applyAsync(record: ConnectRecord) {
              await clock.sleep(60_000);
              const at = clock.now();
              await new Promise((resolve) => setTimeout(resolve, 20));
              return record.with({ value: clock.now() - at });
            },
          },
        },
      ],
    }))
      .send({ value: 1 })
      .expect([{ value: 0 }]);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it("passes between tries", async () => {
    let tries = 0;
    const flaky = (record: ConnectRecord): ConnectRecord => {
      if (++tries < 5) throw new TandemError("RECORD_REJECTED", "not now", { retriable: true });
      return record;
    };
    await testPipeline({
      transforms: [{ name: "flaky", transform: flaky }],
      retry: { timeoutMs: 60_000, delayMaxMs: 10_000 },
    })
      .send({ value: 1 })
      .expect([{ value: 1 }]);
    expect(tries).toBe(5);
  });

  it("refuses what is no duration", () => {
    expect(() => testPipeline({ transforms: [] }).advance("soon" as never)).toThrow(TypeError);
  });
});

describe("errors", () => {
  it("make dead letters, with what is known of them", async () => {
    await testPipeline(TOLERANT)
      .send({ value: { name: "ada" } }, { key: 9, value: { id: 2 } })
      .expect([{ value: { name: "ADA" } }])
      .expectDeadLetters([
        {
          topic: "dead",
          key: 9,
          value: { id: 2 },
          stage: "Upper",
          code: "RECORD_REJECTED",
          message: "there is no name",
        },
      ])
      .expectDeadLetters([]);
  });

  it("end a pipeline that tolerates none", async () => {
    const make = (): TestedPipeline => ({ transforms: [upper({ field: "name" })] });
    await testPipeline(make)
      .send({ value: {} })
      .expectFailure("RECORD_REJECTED", /there is no name/)
      .restart();
    const { cause, message } = await failure(testPipeline(make).send({ value: {} }).expectNothing());
    expect(message).toContain("the pipeline failed");
    expect(cause).toBeInstanceOf(TandemError);
    expect((await failure(testPipeline(make).expectFailure("RECORD_REJECTED"))).message).toContain("it runs");
  });
});

describe("a restart", () => {
  const sent = [{ value: "x" }, { value: "y" }];
  const expected = [{ headers: { n: "1" } }, { headers: { n: "2" } }];

  it("aborts what is under way: it is processed again", async () => {
    await testPipeline(() => ({ transforms: [numbered("state")] }))
      .send(sent)
      .restart()
      .expect(expected);
  });

  it("shows what a transform remembers outside of the lane's state", async () => {
    const kept = numbered("memory");
    await failure(
      testPipeline(() => ({ transforms: [kept] }))
        .send(sent)
        .restart()
        .expect(expected),
    );
    await failure(
      testPipeline(() => ({ transforms: [numbered("memory")] }))
        .send(sent)
        .expect(expected)
        .restart()
        .send({ value: "z" })
        .expect([{ headers: { n: "3" } }]),
    );
  });

  it("needs a function", async () => {
    await expect(testPipeline({ transforms: [] }).restart()).rejects.toThrow(TypeError);
  });
});

describe("a failure", () => {
  it("says which record differs, where, and from which line of the test", async () => {
    const error = await failure(
      testPipeline({ transforms: [] })
        .send({ value: { id: 1, tags: ["a"] } }, { value: 2 })
        .expect([{ value: { id: 2, tags: ["b"], more: true }, headers: { h: "x" } }]),
    );
    expect(error.message).toBe(
      [
        "the outputs are not what was expected",
        "  [0] value.id: expected 2, found 1",
        "  [0] value.tags[0]: expected 'b', found 'a'",
        "  [0] value.more: expected true, found nothing",
        "  [0] headers.h: expected 'x', found nothing",
        `  [1] not expected: ${error.message.split("not expected: ")[1]?.trim() ?? ""}`,
        "",
      ].join("\n"),
    );
    expect(error.stack).toContain("driver.test.ts");
    expect((await failure(testPipeline({ transforms: [] }).expect([{ value: 1 }]))).message).toContain(
      "[0] missing: { value: 1 }",
    );
  });

  it("ends the steps", async () => {
    const pipeline = testPipeline({ transforms: [] }).send({ value: 1 });
    await failure(pipeline.expectNothing());
    await failure(pipeline.send({ value: 2 }).expect([{ value: 2 }]));
  });
});

it("gives what came out to other assertions, and closes transforms when it stops", async () => {
  let closed = 0;
  const closing: Transform = {
    name: "closing",
    apply: (batch) => new OutcomesBuilder("closing", batch).done(),
    close: () => void closed++,
  };
  const pipeline = testPipeline({ transforms: [closing] }).send({ key: "k", value: [1] });
  expect(await pipeline.outputs()).toMatchObject([
    { topic: "dedup.input", partition: 0, key: "k", value: [1], headers: {} },
  ]);
  await pipeline.stop();
  expect(closed).toBe(1);
});
