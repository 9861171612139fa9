import { afterEach, describe, expect, it, vi } from "vitest";
import { TandemError } from "@tandem-cdc/core";
import { kafkaTransport, type KafkaTransportOptions } from "@tandem-cdc/kafka";
import { confsOf } from "../src/options.ts";

const OPTIONS: KafkaTransportOptions = {
  name: "monolith",
  topics: ["cdc.orders"],
  client: { "bootstrap.servers": "127.0.0.1:1" },
};

function refusal(change: Partial<KafkaTransportOptions>): TandemError {
  try {
    kafkaTransport({ ...OPTIONS, ...change });
  } catch (thrown) {
    if (thrown instanceof TandemError) return thrown;
  }
  throw new Error("it was accepted");
}

describe("options", () => {
  it.each([
    "group.id",
    "group.instance.id",
    "transactional.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "isolation.level",
    "auto.offset.reset",
    "group.protocol",
    "partition.assignment.strategy",
    "rebalance_cb",
    "dr_cb",
    "dr_msg_cb",
  ])("%s is ours to set, and refused with the reason wherever it stands", (property) => {
    for (const part of ["client", "consumer", "producer"] as const) {
      const properties = part === "client" ? OPTIONS.client : {};
      const error = refusal({ [part]: { ...properties, [property]: "x" } });
      expect(error.code).toBe("CONFIG_INVALID");
      expect(error.message).toMatch(new RegExp(`^${part}: "${property.replaceAll(".", "\\.")}" cannot be set: .+`));
    }
  });

  it("message.timeout.ms has to be below transaction.timeout.ms", () => {
    expect(refusal({ producer: { "message.timeout.ms": 15_000 } }).message).toContain(
      "message.timeout.ms (15000) must be below transaction.timeout.ms (15000)",
    );
    expect(refusal({ client: { ...OPTIONS.client, "transaction.timeout.ms": 5_000 } }).message).toContain(
      "must be below transaction.timeout.ms (5000)",
    );
  });

  it("names every problem at once", () => {
    const { message } = refusal({ client: {}, topics: [], name: "no spaces", instance: "a/b" });
    for (const part of ["bootstrap.servers", "topics:", "name:", "instance:"]) expect(message).toContain(part);
  });

  it("keeps recovery under 30 s, and gives both ids the same name", () => {
    const { consumer, producer, reader } = confsOf({ ...OPTIONS, instance: "7" });
    expect(consumer).toMatchObject({
      "group.id": "monolith",
      "group.instance.id": "monolith-7",
      "session.timeout.ms": 10_000,
      "isolation.level": "read_committed",
      "enable.auto.commit": false,
      "partition.assignment.strategy": "range",
    });
    expect(producer).toMatchObject({
      "transactional.id": "monolith-7",
      "message.timeout.ms": 10_000,
      "transaction.timeout.ms": 15_000,
      "enable.idempotence": true,
    });
    expect(reader).not.toHaveProperty(["group.instance.id"]);
  });

  it("bounds what each partition's queue holds", () => {
    const { consumer } = confsOf(OPTIONS);
    expect(consumer["queued.max.messages.kbytes"]).toBeLessThanOrEqual(16_384);
    expect(consumer["fetch.queue.backoff.ms"]).toBeLessThanOrEqual(100);
  });
});

describe("the thread pool", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("has to be large enough for every transport of the process, and says how large", async () => {
    vi.stubEnv("UV_THREADPOOL_SIZE", "8");
    const first = kafkaTransport(OPTIONS);
    const error = refusal({});
    expect(error.code).toBe("THREAD_POOL_TOO_SMALL");
    expect(error.message).toContain(
      "2 Kafka transport(s) in this process need UV_THREADPOOL_SIZE=12 or more (it is 8)",
    );
    await first.close();
    await kafkaTransport(OPTIONS).close();
  });

  it("has four threads unless told otherwise", () => {
    vi.stubEnv("UV_THREADPOOL_SIZE", undefined);
    expect(refusal({}).message).toContain("(it is 4)");
  });
});
