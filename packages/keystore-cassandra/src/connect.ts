import cassandra, { type types } from "cassandra-driver";
import type { CassandraClient, CassandraCluster } from "./options.ts";

type OperationInfo = cassandra.policies.retry.OperationInfo;
type Decision = cassandra.policies.retry.DecisionInfo;

/** Tries of a statement beyond the first, each at the next node. Ours change nothing when they are repeated. */
const RETRIES = 2;

/** The driver repeats nothing after a timeout, as it cannot know that repeating is harmless. */
export class Retries extends cassandra.policies.retry.RetryPolicy {
  override onReadTimeout(info: OperationInfo, consistency: types.consistencies): Decision {
    return this.#again(info, consistency);
  }
  override onWriteTimeout(info: OperationInfo, consistency: types.consistencies): Decision {
    return this.#again(info, consistency);
  }
  override onUnavailable(info: OperationInfo, consistency: types.consistencies): Decision {
    return this.#again(info, consistency);
  }
  override onRequestError(info: OperationInfo, consistency: types.consistencies): Decision {
    return this.#again(info, consistency);
  }
  #again({ nbRetry }: OperationInfo, consistency: types.consistencies): Decision {
    return nbRetry < RETRIES ? this.retryResult(consistency, false) : this.rethrowResult();
  }
}

/** A client of ours, not connected yet. */
export function clientOf(
  { contactPoints, localDataCenter, credentials, tls }: Extract<CassandraCluster, { client?: undefined }>,
  requestTimeoutMs: number,
): CassandraClient {
  const port = Number(/:(\d+)$/.exec(contactPoints[0] ?? "")?.[1] ?? 9042);
  // The driver's own default is to accept any certificate.
  const sslOptions = { rejectUnauthorized: true, ...(typeof tls === "object" ? tls : {}) };
  return new cassandra.Client({
    contactPoints: [...contactPoints],
    protocolOptions: { port },
    ...(credentials === undefined ? {} : { credentials }),
    ...(tls === undefined || tls === false ? {} : { sslOptions }),
    policies: {
      // Not as `localDataCenter`: when that is wrong, the driver leaves a connection open for every contact point.
      loadBalancing: cassandra.policies.defaultLoadBalancingPolicy(localDataCenter),
      reconnection: new cassandra.policies.reconnection.ExponentialReconnectionPolicy(500, 5_000, false),
      // A node that hangs costs this much once and not a whole timeout.
      speculativeExecution: new cassandra.policies.speculativeExecution.ConstantSpeculativeExecutionPolicy(1_000, 1),
    },
    socketOptions: { readTimeout: requestTimeoutMs, connectTimeout: requestTimeoutMs },
    pooling: { heartBeatInterval: 5_000 },
    applicationName: "tandem",
    monitorReporting: { enabled: false },
  });
}
