import { batchOf, type PipelineEvent, RecordView } from "@tandem-cdc/core";
import { describe, expect, it } from "vitest";
import { CONNECT_ERRORS } from "../src/config/connect-errors.ts";
import { errorLog } from "../src/run/error-log.ts";
import { errorPolicy, replicationFactors, retryOf } from "../src/run/error-policy.ts";
import type { Reporter } from "../src/run/reporter.ts";
import { least, parse, problems, put, type Tree } from "./support.ts";

function configured(errors: Record<string, Tree[string]>): ReturnType<typeof parse>["config"] {
  return parse(least((c) => put(c, ["errors"], errors))).config;
}

describe("errors", () => {
  it("nothing is tolerated, and nothing tried again, unless somebody says so", () => {
    const { config } = parse(least());
    expect(errorPolicy(config)).toEqual({ tolerance: "none", reporter: { name: "orders", task: "0" } });
    expect(retryOf(config)).toEqual({ timeoutMs: 0, delayMaxMs: 60_000 });
    expect(config.errors.log).toEqual({ enable: true, includeMessages: false });
  });

  it("go to the pipeline and its transforms as they stand in the file, also as text", () => {
    const config = configured({
      tolerance: "all",
      retryTimeoutMs: "-1",
      retryDelayMaxMs: 500,
      deadLetter: { topic: "dead", headers: "false" },
    });
    expect(errorPolicy(config)).toMatchObject({
      tolerance: "all",
      deadLetterTopic: "dead",
      deadLetterHeaders: false,
    });
    expect(retryOf(config)).toEqual({ timeoutMs: -1, delayMaxMs: 500 });
    expect(replicationFactors(config)).toEqual(new Map());
    expect(replicationFactors(configured({ deadLetter: { topic: "dead", replicationFactor: "2" } }))).toEqual(
      new Map([["dead", 2]]),
    );
  });

  it.each([
    [{ retryTimeoutMs: -2 }, "errors.retryTimeoutMs"],
    [{ retryDelayMaxMs: 0 }, "errors.retryDelayMaxMs"],
    [{ deadLetter: { headers: true } }, "errors.deadLetter.topic"],
    [{ deadLetter: { topic: "dead", replicationFactor: 0 } }, "errors.deadLetter.replicationFactor"],
    [{ log: { enable: "maybe" } }, "errors.log.enable"],
  ])("%j is refused", (errors, key) => {
    expect(problems(least((c) => put(c, ["errors"], errors)))).toEqual([expect.stringContaining(key)]);
  });
});

describe("the log of records at fault", () => {
  const LANE = { topic: "t", partition: 0 };
  const value = Buffer.from(`{"a":1}\n${"x".repeat(2_000)}`);
  const record = new RecordView(batchOf(LANE, [{ offset: 7, timestamp: 5, key: null, value }]), 0);
  const rejected: PipelineEvent = {
    type: "rejected",
    lane: LANE,
    offset: 7,
    record,
    rejection: { stage: "t", index: 0, cause: new Error("no") },
  };

  function told(log: Record<string, Tree[string]>): readonly string[] {
    const lines: string[] = [];
    const reporter = { event: ({ type }: PipelineEvent) => lines.push(type), note: (text: string) => lines.push(text) };
    const observer = errorLog(configured({ log }).errors.log, reporter as unknown as Reporter);
    observer.observe(rejected);
    observer.observe({ type: "connected" });
    return lines;
  }

  it("tells each of them, and what is in it only where that is wanted", () => {
    expect(told({})).toEqual(["rejected", "connected"]);
    expect(told({ enable: false, includeMessages: true })).toEqual(["connected"]);
    const [, contents = ""] = told({ includeMessages: true });
    expect(contents).toMatch(/^the record: t-0@7, timestamp 5, key null, value "\{\\"a\\":1\}\\nx+"\.\.\.$/);
    expect(contents.length).toBeLessThan(1_100);
  });
});

it("Connect's properties are keys of ours, with the same values", () => {
  const given: Record<string, Tree[string]> = {
    "errors.tolerance": "all",
    "errors.retry.timeout": "600000",
    "errors.retry.delay.max.ms": "30000",
    "errors.deadletterqueue.topic.name": "dlq",
    "errors.deadletterqueue.context.headers.enable": "true",
    "errors.deadletterqueue.topic.replication.factor": "1",
    "errors.log.enable": "true",
    "errors.log.include.messages": "true",
  };
  expect(Object.keys(CONNECT_ERRORS)).toEqual(Object.keys(given));
  const text = least((c) => Object.entries(CONNECT_ERRORS).forEach(([name, path]) => put(c, path, given[name] ?? "")));
  expect(parse(text).config.errors).toEqual({
    tolerance: "all",
    retryTimeoutMs: 600_000,
    retryDelayMaxMs: 30_000,
    deadLetter: { topic: "dlq", headers: true, replicationFactor: 1 },
    log: { enable: true, includeMessages: true },
  });
});
