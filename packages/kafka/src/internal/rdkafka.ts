// The only file that imports node-rdkafka: values by its default export (its named value exports fail at run time),
// and a failed load of the native addon gets a message that mends it.
import { createRequire } from "node:module";
import { TandemError } from "@tandem-cdc/core";
import type rdkafka from "node-rdkafka";

export type {
  KafkaConsumer,
  LibrdKafkaError,
  Message,
  MessageHeader,
  Metadata,
  Producer,
  TopicPartitionOffset,
  WatermarkOffsets,
} from "node-rdkafka";

type Rdkafka = typeof rdkafka;

let loaded: Rdkafka | undefined;

/** The native client, loaded when it is first needed. */
export function native(): Rdkafka {
  try {
    loaded ??= createRequire(import.meta.url)("node-rdkafka") as Rdkafka;
    return loaded;
  } catch (cause) {
    throw new TandemError(
      "NATIVE_MODULE_MISSING",
      "node-rdkafka's native addon cannot be loaded. It is compiled at installation: run `npm rebuild node-rdkafka` " +
        "(g++, make, python3 and the headers of zlib and OpenSSL are needed; npm 12 also wants node-rdkafka in `allowScripts` of package.json).",
      { cause },
    );
  }
}
