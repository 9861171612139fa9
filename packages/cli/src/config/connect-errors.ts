/** Connect's properties of the error policy, and the key of ours that each is. Values are the same. */
export const CONNECT_ERRORS: Readonly<Record<string, readonly string[]>> = {
  "errors.tolerance": ["errors", "tolerance"],
  "errors.retry.timeout": ["errors", "retryTimeoutMs"],
  "errors.retry.delay.max.ms": ["errors", "retryDelayMaxMs"],
  "errors.deadletterqueue.topic.name": ["errors", "deadLetter", "topic"],
  "errors.deadletterqueue.context.headers.enable": ["errors", "deadLetter", "headers"],
  "errors.deadletterqueue.topic.replication.factor": ["errors", "deadLetter", "replicationFactor"],
  "errors.log.enable": ["errors", "log", "enable"],
  "errors.log.include.messages": ["errors", "log", "includeMessages"],
};
