import type { Target } from "../target.ts";
import { avro, schema, wire } from "./avro.ts";
import { checkpoint } from "./checkpoint.ts";
import { configuration } from "./configuration.ts";
import { debezium, json } from "./debezium.ts";
import { block, cassandra, laneState, redis } from "./stored.ts";

export const TARGETS: readonly Target[] = [
  json,
  debezium,
  wire,
  avro,
  schema,
  configuration,
  laneState,
  checkpoint,
  block,
  redis,
  cassandra,
];
