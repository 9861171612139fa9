import cassandra from "cassandra-driver";
import { describe, expect, it } from "vitest";
import { Retries } from "../src/connect.ts";

const { localQuorum } = cassandra.types.consistencies;
/** The numbers of the driver, whose types have them elsewhere. */
const DECISIONS = (cassandra.policies.retry.RetryPolicy as unknown as { retryDecision: Record<string, number> })
  .retryDecision;
const [retry, rethrow] = [DECISIONS["retry"], DECISIONS["rethrow"]];
const tried = (nbRetry: number): cassandra.policies.retry.OperationInfo =>
  ({ query: "", nbRetry }) as cassandra.policies.retry.OperationInfo;

describe("a statement", () => {
  const policy = new Retries();
  const asked: readonly [string, (nbRetry: number) => cassandra.policies.retry.DecisionInfo][] = [
    ["a read that timed out", (n) => policy.onReadTimeout(tried(n), localQuorum)],
    ["a write that timed out", (n) => policy.onWriteTimeout(tried(n), localQuorum)],
    ["too few replicas", (n) => policy.onUnavailable(tried(n), localQuorum)],
    ["a connection that broke", (n) => policy.onRequestError(tried(n), localQuorum)],
  ];
  it.each(asked)("is tried twice more after %s, at the next node and the same consistency", (_, decide) => {
    expect([0, 1, 2].map((n) => decide(n).decision)).toEqual([retry, retry, rethrow]);
    expect(decide(0)).toMatchObject({ consistency: localQuorum, useCurrentHost: false });
  });
});
