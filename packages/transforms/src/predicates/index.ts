export { hasHeaderKey } from "./has-header-key.ts";
export { recordIsTombstone } from "./record-is-tombstone.ts";
export { topicNameMatches } from "./topic-name-matches.ts";
