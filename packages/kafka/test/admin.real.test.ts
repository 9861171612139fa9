import { openAdmin } from "@tandem-cdc/kafka";
import { available, type Certificates, certificates, type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const { ok } = await available(["kafka"]);
const PASSWORD = "right-5Jx9";

let kafka: KafkaCluster;
let made: Certificates;
beforeAll(async () => {
  if (!ok) return;
  made = await certificates();
  kafka = await startKafka({ secure: { pemFile: made.pemFile, users: { tandem: PASSWORD } } });
  await kafka.createTopic("orders", { partitions: 3, config: { "retention.ms": "12345" } });
});
afterAll(async () => {
  await kafka?.stop();
  await made?.remove();
});

const secure = (more: Record<string, string> = {}) => ({
  "bootstrap.servers": kafka.secureBootstrap ?? "",
  "security.protocol": "SASL_SSL",
  "ssl.ca.pem": made.ca,
  "sasl.mechanisms": "SCRAM-SHA-512",
  "sasl.username": "tandem",
  "sasl.password": PASSWORD,
  ...more,
});

describe.skipIf(!ok)("the brokers' answers", () => {
  it("tell brokers, topics, settings, rights, and create nothing", async () => {
    const admin = await openAdmin({ "bootstrap.servers": `127.0.0.1:1,${kafka.bootstrap}` });
    const { brokers, rights, topics } = await admin.cluster();
    expect(`${brokers[0]?.host}:${brokers[0]?.port}`).toBe(kafka.bootstrap);
    expect(rights?.has("create")).toBe(true);
    const orders = topics.find(({ topic }) => topic === "orders");
    expect(orders?.partitions).toHaveLength(3);
    expect(orders?.partitions[0]).toMatchObject({ leader: 1, replicas: [1], inSync: [1] });
    expect([...(orders?.rights ?? [])]).toEqual(expect.arrayContaining(["read", "write", "describeConfigs"]));
    const [settings, unknown] = await admin.topicSettings(["orders", "unknown"]);
    expect(settings).toHaveProperty("values");
    expect("values" in (settings ?? {}) && settings).toMatchObject({ name: "orders" });
    if (settings !== undefined && "values" in settings) expect(settings.values.get("retention.ms")).toBe("12345");
    expect(unknown).toMatchObject({ name: "unknown", error: 3 });
    const broker = await admin.brokerSettings(brokers[0] ?? { id: 1, host: "", port: 0 });
    expect("values" in broker && broker.values.get("transaction.max.timeout.ms")).toBe("900000");
    expect((await admin.versions()).get(28)).toBeGreaterThanOrEqual(3);
    expect((await admin.cluster(["unknown"])).topics).toMatchObject([{ topic: "unknown", error: 3 }]);
    expect((await admin.cluster()).topics.map(({ topic }) => topic)).not.toContain("unknown");
    admin.close();
  });

  it("come by TLS and SCRAM too, and tell what this user may not", async () => {
    const admin = await openAdmin(secure());
    expect((await admin.cluster(["orders"])).topics).toMatchObject([{ topic: "orders", error: 29 }]);
    expect(await admin.transactionalId("orders-0")).toBe(53);
    expect(await admin.group("orders")).toMatchObject({ error: 30 });
    admin.close();
  });

  it("are refused to a wrong password and an unknown certificate, in a message without the password", async () => {
    const wrong = openAdmin(secure({ "sasl.password": "wrong-5Jx9" }));
    await expect(wrong).rejects.toMatchObject({ message: expect.stringMatching(/^(?!.*5Jx9).*invalid credentials/) });
    const others = await certificates();
    await expect(openAdmin(secure({ "ssl.ca.pem": others.ca }))).rejects.toThrow(/certificate|signature/);
    await others.remove();
    await expect(openAdmin(secure({ "sasl.mechanisms": "GSSAPI" }))).rejects.toThrow("only PLAIN and SCRAM");
  });
});
