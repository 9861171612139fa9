import { type ClientProperties, propertyProblems } from "@tandem-cdc/kafka";
import { type Problem, problem } from "./problem.ts";

/** Client properties that librdkafka refuses, or that are not the user's to set. `kafka`: that part of the file. */
export function clientProblems(kafka: unknown): Problem[] {
  if (!isObject(kafka)) return [];
  const { "bootstrap.servers": _, consumer, producer, ...client } = kafka;
  const parts = { client: scalars(client), consumer: scalars(consumer), producer: scalars(producer) };
  return propertyProblems(parts).map(({ message, part, property }) =>
    problem(["kafka", ...(part === "client" ? [] : [part]), property], message),
  );
}

/** Values of another type are the schema's to complain about. */
function scalars(properties: unknown): ClientProperties {
  if (!isObject(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value)),
  ) as ClientProperties;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
