// Kafka Connect's own transforms.
export { hoistField } from "./hoist-field.ts";
