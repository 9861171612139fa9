export { and } from "./and.ts";
export { hasHeaderKey } from "./has-header-key.ts";
export { javaScript } from "./java-script.ts";
export { or } from "./or.ts";
export { recordIsTombstone } from "./record-is-tombstone.ts";
export { topicNameMatches } from "./topic-name-matches.ts";
