/** What brokers refuse a request with, by Kafka's own names. */
export type BrokerErrorKind =
  | "PRODUCER_FENCED"
  | "CONCURRENT_TRANSACTIONS"
  | "INVALID_TXN_STATE"
  | "UNKNOWN_MEMBER_ID"
  | "ILLEGAL_GENERATION"
  | "FENCED_INSTANCE_ID"
  | "UNSTABLE_OFFSET_COMMIT"
  | "OFFSET_OUT_OF_RANGE"
  | "UNKNOWN_TOPIC_OR_PARTITION";

export class BrokerError extends Error {
  override readonly name: string = "BrokerError";
  readonly kind: BrokerErrorKind;

  constructor(kind: BrokerErrorKind, message: string) {
    super(`${kind}: ${message}`);
    this.kind = kind;
  }
}
