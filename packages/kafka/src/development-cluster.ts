import { TandemError } from "@tandem-cdc/core";
import { call } from "./internal/call.ts";
import { connected } from "./internal/connected.ts";
import { forget, remember } from "./internal/development.ts";
import { type Metadata, native } from "./internal/rdkafka.ts";

export interface DevelopmentCluster {
  /** For `bootstrap.servers`. */
  readonly bootstrap: string;
  close(): Promise<void>;
}

/**
 * A Kafka cluster inside this process: librdkafka's mock brokers. It keeps records, transactions and groups for as long
 * as the process lives. It does not fence zombies and does not give transactional offsets back: restarts and fencing
 * have to be tried on real brokers. Every topic has four partitions.
 */
export async function developmentCluster({
  brokers = 1,
}: { readonly brokers?: number } = {}): Promise<DevelopmentCluster> {
  const holder = new (native().Producer)({ "test.mock.num.brokers": brokers } as never);
  holder.on("event.error", () => undefined);
  await connected("starting the development cluster", holder);
  const metadata = await call<Metadata>("starting the development cluster", 20_000, (done) =>
    holder.getMetadata({ timeout: 10_000 }, done),
  );
  const bootstrap = metadata.brokers.map(({ host, port }) => `${host}:${port}`).join();
  if (bootstrap === "") throw new TandemError("TRANSPORT_FAILED", "the development cluster has no brokers");
  remember(bootstrap);
  return {
    bootstrap,
    async close() {
      forget(bootstrap);
      await call("closing the development cluster", 10_000, (done) => holder.disconnect(() => done(null)));
    },
  };
}
