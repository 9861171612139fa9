export { topicNameMatches } from "./topic-name-matches.ts";
