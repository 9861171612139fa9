import { type KafkaCluster, startKafka } from "@tandem-cdc/testbed";
import { Proxy } from "./proxy.ts";

/** Three brokers, and the network between each of them and each instance. */
export interface KafkaStage {
  readonly cluster: KafkaCluster;
  /** Where an instance finds the brokers. */
  bootstrap(instance: number): string;
  /** What lies between an instance and each broker. */
  links(instance: number): readonly Proxy[];
  stop(): Promise<void>;
}

export async function startKafkaStage(instances: number): Promise<KafkaStage> {
  const cluster = await startKafka({ brokers: 3, doors: instances, autoCreateTopics: false });
  const links = await Promise.all(
    Array.from({ length: instances }, (_, instance) =>
      Promise.all(
        cluster.brokers.map(({ doors, host }) => {
          const door = doors[instance];
          if (door === undefined) throw new Error("a broker without a door for each instance");
          return Proxy.open({ host, port: door.advertised }, { host, port: door.listens });
        }),
      ),
    ),
  );
  const linksOf = (instance: number): readonly Proxy[] => links[instance] ?? [];
  return {
    cluster,
    links: linksOf,
    bootstrap: (instance) =>
      linksOf(instance)
        .map(({ port }) => `127.0.0.1:${port}`)
        .join(","),
    async stop() {
      await Promise.all(links.flat().map((link) => link.close()));
      await cluster.stop();
    },
  };
}
