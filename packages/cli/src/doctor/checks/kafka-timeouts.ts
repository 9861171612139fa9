import { type Check, failure, ok } from "../check.ts";
import { restartBrokers } from "../kafka-tools.ts";

const TRANSACTION_MS = 15_000;
const SESSION_MS = 10_000;

export const transactionTimeout: Check = {
  id: "kafka.transaction-timeout",
  about: "`transaction.max.timeout.ms` of the brokers allows the producer's `transaction.timeout.ms`.",
  async look(patient) {
    const ours = patient.property("producer", "transaction.timeout.ms", TRANSACTION_MS);
    const most = lowest(await patient.brokerNumbers("transaction.max.timeout.ms"));
    if (ours <= most) return ok(`${ours} ms, of ${most} ms that the brokers allow`);
    return failure(
      `the brokers allow transactions of ${most} ms at most (transaction.max.timeout.ms), and the producer asks for ${ours} ms`,
      `${restartBrokers("transaction.max.timeout.ms", Math.max(ours, 900_000))}, or set kafka.producer: { transaction.timeout.ms: ${most} }`,
    );
  },
};

export const sessionTimeout: Check = {
  id: "kafka.session-timeout",
  about: "The consumer's `session.timeout.ms` lies within `group.min/max.session.timeout.ms` of the brokers.",
  async look(patient) {
    const ours = patient.property("consumer", "session.timeout.ms", SESSION_MS);
    const least = highest(await patient.brokerNumbers("group.min.session.timeout.ms"));
    const most = lowest(await patient.brokerNumbers("group.max.session.timeout.ms"));
    if (ours >= least && ours <= most) return ok(`${ours} ms, of ${least} to ${most} ms that the brokers allow`);
    const [limit, bound, wanted] =
      ours < least
        ? (["group.min.session.timeout.ms", least, Math.min(ours, 6_000)] as const)
        : (["group.max.session.timeout.ms", most, Math.max(ours, 1_800_000)] as const);
    return failure(
      `the brokers take no session.timeout.ms of ${ours} (${limit} is ${bound})`,
      `${restartBrokers(limit, wanted)}, or set kafka.consumer: { session.timeout.ms: ${bound} }`,
    );
  },
};

type Numbers = readonly { readonly value: number }[];

export function lowest(numbers: Numbers): number {
  return Math.min(...numbers.map(({ value }) => value));
}

export function highest(numbers: Numbers): number {
  return Math.max(...numbers.map(({ value }) => value));
}
