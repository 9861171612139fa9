import {
  batchOf,
  chain,
  type DataObject,
  type LaneContext,
  OutcomesBuilder,
  TandemError,
  type Transform,
} from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import {
  type ConfiguredPredicate,
  type ConnectRecord,
  definePredicate,
  defineTransform,
  findTransform,
  hoistField,
  jsonConverter,
  option,
  type RecordChanges,
  recordTransforms,
  type RecordTransform,
  type Result,
  type Step,
  topicNameMatches,
  transformStages,
  unknownType,
} from "@tandem-cdc/transforms";
import { z } from "zod";

const lane = { topic: "shop.orders", partition: 0 };
const converters = { key: jsonConverter(), value: jsonConverter() };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | null): string | null => (value === null ? null : new TextDecoder().decode(value));
const context = { lane, signal: new AbortController().signal } as unknown as LaneContext;

async function through(steps: readonly Step[], values: readonly (string | null)[], retryMs = 0) {
  const batch = batchOf(
    lane,
    values.map((value, i) => ({
      offset: i,
      timestamp: i,
      key: bytes("1"),
      value: value === null ? null : bytes(value),
    })),
  );
  const stage = recordTransforms(steps, { converters, retry: { timeoutMs: retryMs, delayMaxMs: 10 } });
  const outcomes = await stage.apply(batch, context);
  const { next } = outcomes;
  return { ...outcomes, batch, values: Array.from({ length: next.length }, (_, i) => text(next.value(i))) };
}

const step = (transform: RecordTransform, name = "it"): Step => ({ name, transform });
const amount = (record: ConnectRecord): number => (record.value as DataObject)["amount"] as number;

describe("a stage of record transforms", () => {
  it("lets untouched batches pass, without making anything", async () => {
    const { batch, next, origins } = await through([step((record) => record)], ['{"a": 1}', null]);
    expect(next).toBe(batch);
    expect(origins).toBeNull();
  });

  it("keeps the bytes of parts that no transform changed", async () => {
    const { batch, next } = await through([step((record) => record.with({ topic: "other" }))], ['{ "a" : 1.0 }']);
    expect(next.topic(0)).toBe("other");
    expect(next.value(0)).toBe(batch.value(0));
  });

  it("drops, splits and rejects, in order", async () => {
    const transform = (record: ConnectRecord) => {
      if (amount(record) === 1) return null;
      if (amount(record) === 2) throw new Error("two");
      return amount(record) === 3 ? [record, record.with({ value: { amount: 33 } })] : record;
    };
    const { dropped, origins, rejected, values } = await through(
      [step(transform, "mine")],
      [1, 2, 3, 4].map((each) => `{"amount":${each}}`),
    );
    expect(values).toEqual(['{"amount":3}', '{"amount":33}', '{"amount":4}']);
    expect([...(origins ?? [])]).toEqual([2, 2, 3]);
    expect(dropped).toEqual([{ stage: "mine", reason: "filtered", count: 1 }]);
    expect(rejected).toMatchObject([{ stage: "mine", index: 1, cause: { message: "two" } }]);
  });

  it("rejects a record whole, whatever else was made of it", async () => {
    const split = step((record) => [record, record.with({ value: { amount: 2 } })], "split");
    const picky = step((record) => {
      if (amount(record) === 2) throw new Error("two");
      return record;
    }, "picky");
    const { next, rejected } = await through([split, picky], ['{"amount":1}']);
    expect(next.length).toBe(0);
    expect(rejected).toMatchObject([{ stage: "picky", index: 0 }]);
  });

  it("rejects what cannot be decoded, and what was forgotten to return", async () => {
    const { rejected } = await through(
      [step((record) => (amount(record) > 0 ? record : (undefined as unknown as null)))],
      ["{", '{"amount":0}'],
    );
    expect(rejected).toMatchObject([
      { index: 0, cause: { code: "RECORD_MALFORMED" } },
      { index: 1, cause: { message: expect.stringContaining("returned undefined") as string } },
    ]);
  });

  it.each<[string, () => unknown, string]>([
    ["a promise", () => Promise.reject(new Error("nobody waits")), "applyAsync"],
    ["another object", () => ({ value: 1 }), "returned object"],
    ["a list of other things", () => [undefined], "a list of other things than records"],
  ])("rejects %s in a record's place, by the step's name", async (_, transform, message) => {
    const { rejected } = await through([step(() => transform() as ConnectRecord), hoistField({ field: "it" })], ["1"]);
    expect(rejected).toMatchObject([
      { stage: "it", cause: { code: "TRANSFORM_FAILED", message: expect.stringContaining(message) as string } },
    ]);
  });

  it.each([0, -1, 0.5, Number.NaN])("loses nothing with a concurrency of %d", async (concurrency) => {
    const transform = { concurrency, applyAsync: (record: ConnectRecord) => Promise.resolve(record) };
    expect((await through([step(transform)], ["1", "2"])).values).toEqual(["1", "2"]);
  });

  it.each<[string, RecordTransform]>([
    ["record", { applyAsync: () => new Promise<never>(() => undefined) }],
    ["batch", { applyBatch: () => new Promise<never>(() => undefined) }],
  ])("ends with its lane, where a %s is never answered", async (_, transform) => {
    const controller = new AbortController();
    const stage = recordTransforms([step(transform)], { converters });
    const batch = batchOf(lane, [{ offset: 0, timestamp: 0, key: null, value: bytes("1") }]);
    const applied = stage.apply(batch, { lane, signal: controller.signal } as unknown as LaneContext);
    setTimeout(() => controller.abort(new Error("the lane ends")), 5);
    await expect(applied).rejects.toThrow("the lane ends");
  });

  it("refuses predicates that answer anything but true and false", async () => {
    const careless = definePredicate({ name: "Careless", create: () => () => undefined as unknown as boolean });
    const { rejected } = await through([{ ...step(() => null), predicate: careless({}) }], ["1"]);
    expect(rejected).toMatchObject([
      { cause: { message: 'predicate "Careless" has to give true or false, not undefined' } },
    ]);
  });

  it.each([{ topic: "" }, { topic: "a b" }, { topic: "t".repeat(250) }, { partition: -1 }])(
    "rejects a record that goes where nothing can be: %j",
    async (changes) => {
      const { rejected, values } = await through([step((record) => record.with(changes))], ["1"]);
      expect(values).toEqual([]);
      expect(rejected).toMatchObject([{ cause: { message: expect.stringContaining("cannot exist") as string } }]);
      // On the way it may have any name.
      const back = step((record) => record.with({ topic: "b", partition: 1 }));
      expect((await through([step((record) => record.with(changes)), back], ["1"])).rejected).toEqual([]);
    },
  );

  it.each([
    { topic: undefined },
    { partition: 1.5 },
    { timestamp: Number.NaN },
    { headers: [{ key: "a", value: "text" }] },
    { headers: {} },
    { offset: 1 },
  ])("rejects a record that cannot be sent, in its step: %j", async (changes) => {
    const { rejected } = await through([step((record) => record.with(changes as RecordChanges))], ["1"]);
    expect(rejected).toMatchObject([{ stage: "it", cause: { code: "TRANSFORM_FAILED" } }]);
  });

  it("says what whole numbers are between", () => {
    const counted = defineTransform({
      name: "Counted",
      options: z.strictObject({ times: option.integer(1, 10) }),
      create: () => (record) => record,
    });
    expect(() => counted({ times: "30" })).toThrow("times: has to be 10 or less");
    expect(() => counted({ times: 0 })).toThrow("times: has to be 1 or more");
    expect(() => counted({ times: 1.5 })).toThrow("times: has to be a whole number");
  });

  it.each([undefined, {}, Promise.resolve()])("refuses a create that gives %s", (made) => {
    const careless = defineTransform({ name: "Careless", create: () => made as unknown as RecordTransform });
    expect(() => careless({})).toThrow("create has to return a function");
  });

  it("keeps the order of asynchronous results, within the concurrency", async () => {
    let under = 0;
    let most = 0;
    const transform = {
      concurrency: 3,
      async applyAsync(record: ConnectRecord) {
        most = Math.max(most, ++under);
        await new Promise((resolve) => setTimeout(resolve, 5 - amount(record)));
        under--;
        return record.with({ value: { amount: amount(record) * 10 } });
      },
    };
    const { values } = await through(
      [step(transform)],
      [0, 1, 2, 3, 4].map((each) => `{"amount":${each}}`),
    );
    expect(values).toEqual([0, 10, 20, 30, 40].map((each) => `{"amount":${each}}`));
    expect(most).toBe(3);
  });

  it("gives batches to those who want them, and takes errors in a record's place", async () => {
    const transform = {
      applyBatch: (records: readonly ConnectRecord[]) =>
        records.map((record) => (amount(record) === 1 ? new Error("one") : record)),
    };
    const { rejected, values } = await through([step(transform)], ['{"amount":0}', '{"amount":1}', '{"amount":2}']);
    expect(values).toEqual(['{"amount":0}', '{"amount":2}']);
    expect(rejected).toMatchObject([{ index: 1, cause: { message: "one" } }]);
  });

  it("tries retriable errors again, for as long as it may", async () => {
    let tries = 0;
    const transform = (record: ConnectRecord) => {
      if (++tries < 3) throw new TandemError("TRANSFORM_FAILED", "not yet", { retriable: true });
      return record;
    };
    expect((await through([step(transform)], ["{}"], 5_000)).rejected).toEqual([]);
    tries = 0;
    expect((await through([step(transform)], ["{}"])).rejected).toHaveLength(1);
    let own = 0;
    const another = (record: ConnectRecord) => {
      if (++own < 2) throw Object.assign(new Error("not yet"), { retriable: true });
      return record;
    };
    expect((await through([step(another)], ["{}"], 5_000)).rejected).toEqual([]);
  });

  it("applies a step where its predicate says so, or not", async () => {
    const predicate = topicNameMatches({ pattern: "shop\\..*" });
    const wrapped = { ...hoistField({ field: "it" }), predicate };
    expect((await through([wrapped], ["1"])).values).toEqual(['{"it":1}']);
    expect((await through([{ ...wrapped, negate: true }], ["1"])).values).toEqual(["1"]);
  });

  it("writes the schema envelope back where there was one", async () => {
    const value = '{"schema":{"type":"int64","optional":false},"payload":9007199254740993}';
    const { values } = await through([hoistField({ field: "it" })], [value, value]);
    const wrapped =
      '{"schema":{"type":"struct","fields":[{"type":"int64","optional":false,"field":"it"}],"optional":false},"payload":{"it":9007199254740993}}';
    expect(values).toEqual([wrapped, wrapped]);
  });
});

describe("another record than the one that a transform was given", () => {
  const seen: ConnectRecord[] = [];
  const batchOfTwo = (
    inPlaceOfTheSecond: (first: ConnectRecord, second: ConnectRecord) => Result,
  ): RecordTransform => ({
    applyBatch: (all) => all.map((record, i) => (i === 0 ? record : inPlaceOfTheSecond(all[0] ?? record, record))),
  });
  it.each<[string, RecordTransform]>([
    ["an earlier one", (record) => seen[seen.push(record) - 2] ?? record],
    ["a changed one", batchOfTwo((first) => first.with({ value: { amount: 3 } }))],
    ["one more", batchOfTwo((first, second) => [second, first])],
  ])("rejects the record in whose place it stands, and mixes nothing: %s", async (_, transform) => {
    const { rejected, values } = await through([step(transform, "mine")], ['{"amount":1}', '{"amount":2}']);
    expect(values).toEqual(['{"amount":1}']);
    expect(rejected).toMatchObject([
      { stage: "mine", index: 1, cause: { message: expect.stringContaining("another record") as string } },
    ]);
  });
});

describe("a core transform under a condition", () => {
  const dropping: Transform = {
    name: "raw",
    apply(batch) {
      const builder = new OutcomesBuilder("raw", batch);
      for (let i = 0; i < batch.length; i++) builder.drop(i, "filtered");
      return builder.done();
    },
  };
  const ofTwo = { name: "two", test: (record: ConnectRecord) => amount(record) === 2 };

  async function staged(predicate: ConfiguredPredicate, values: readonly string[], of = converters) {
    const stages = transformStages([{ name: "mine", transform: dropping, predicate }], { converters: of });
    const whole = chain(stages);
    await whole.openLane?.(context);
    const records = values.map((value, offset) => ({ offset, timestamp: 1, key: null, value: bytes(value) }));
    const { next, origins, rejected } = await whole.apply(batchOf(lane, records), context);
    return { rejected, origins, values: Array.from({ length: next.length }, (_, i) => text(next.value(i))) };
  }

  it("rejects a record of which it cannot tell, and no other", async () => {
    const { origins, rejected, values } = await staged(ofTwo, ['{"amount":1}', "{", '{"amount":2}', '{"amount":3}']);
    expect(values).toEqual(['{"amount":1}', '{"amount":3}']);
    expect([...(origins ?? [])]).toEqual([0, 3]);
    expect(rejected).toMatchObject([{ stage: "mine", index: 1, cause: { code: "RECORD_MALFORMED" } }]);
  });

  it("has its condition opened, and payloads prepared for it", async () => {
    const done: string[] = [];
    const value = { ...jsonConverter(), prepare: async () => void done.push("prepared") };
    const predicate = { ...ofTwo, open: () => void done.push("opened") };
    expect((await staged(predicate, ['{"amount":2}'], { key: jsonConverter(), value })).values).toEqual([]);
    expect(done).toEqual(["opened", "prepared"]);
  });
});

/** Waits for whatever is going to happen by itself. */
const soon = (): Promise<string> => new Promise((resolve) => setTimeout(resolve, 50, "still waiting"));

describe("what a transform opens", () => {
  const opening = (open: () => Promise<void>, name: string) =>
    step({ open, apply: (record: ConnectRecord) => record }, name);

  it("does not keep a lane that ends waiting", async () => {
    const stage = recordTransforms([opening(() => new Promise(() => undefined), "it")], { converters });
    const ending = new AbortController();
    const opened = Promise.resolve(stage.openLane?.({ ...context, signal: ending.signal })).then(
      () => "opened",
      () => "ended",
    );
    ending.abort();
    expect(await Promise.race([opened, soon()])).toBe("ended");
  });

  it("is opened again where it failed, and what was opened is not", async () => {
    const calls: string[] = [];
    const first = opening(async () => void calls.push("first"), "first");
    const second = opening(async () => {
      calls.push("second");
      if (calls.length < 3) throw new TandemError("TRANSPORT_FAILED", "not yet", { retriable: true });
    }, "second");
    const stage = recordTransforms([first, second], { converters });
    await expect(stage.openLane?.(context)).rejects.toThrow("not yet");
    await stage.openLane?.(context);
    await stage.openLane?.(context);
    expect(calls).toEqual(["first", "second", "second"]);
  });
});

describe("a converter that does not answer", () => {
  it.each(["prepare", "prepareSchemas"] as const)("does not keep a lane that ends waiting: %s", async (method) => {
    const silent = { ...jsonConverter(), [method]: () => new Promise<void>(() => undefined) };
    const stage = recordTransforms([step((record) => record.with({ value: 2 }))], {
      converters: { key: silent, value: silent },
    });
    const ending = new AbortController();
    const batch = batchOf(lane, [{ offset: 0, timestamp: 1, key: null, value: bytes("1") }]);
    const applied = Promise.resolve(stage.apply(batch, { ...context, signal: ending.signal })).then(
      () => "applied",
      () => "ended",
    );
    setTimeout(() => ending.abort(), 5);
    expect(await Promise.race([applied, soon()])).toBe("ended");
  });
});

describe("definitions", () => {
  it("check options at once", () => {
    expect(() => hoistField({ field: "" })).toThrow("HoistField: field: must not be empty");
    // @ts-expect-error there is no such option
    expect(() => hoistField({ field: "a", fields: "b" })).toThrow(/fields/);
  });

  it("take text where Connect does", () => {
    const seen: unknown[] = [];
    const it = defineTransform({
      name: "It",
      options: z.strictObject({
        on: option.flag(),
        many: option.list(),
        n: option.integer().default(7),
        to: option.pairs(),
      }),
      create(options) {
        seen.push(options);
        return (record) => record;
      },
    });
    it({ on: "true", many: "a, b", to: "x:y,z:w" });
    expect(seen).toEqual([
      {
        on: true,
        many: ["a", "b"],
        n: 7,
        to: [
          { from: "x", to: "y" },
          { from: "z", to: "w" },
        ],
      },
    ]);
  });

  it("are found by name and by Java class; near names are told", () => {
    expect(findTransform("HoistField$Key")).toMatchObject({ part: "key" });
    expect(findTransform("org.apache.kafka.connect.transforms.HoistField$Value")).toMatchObject({ part: "value" });
    expect(findTransform("HoistField$Both")).toBeUndefined();
    expect(unknownType("transform", "org.example.HoistFeild").message).toContain("did you mean HoistField");
  });
});
