import { debeziumIdentity } from "@tandem-cdc/debezium";
import { dedup, loadHash } from "@tandem-cdc/dedup";
import { expect, it } from "vitest";
import { Random } from "../src/index.ts";
import { Connector, SOURCE_HEADER, topicOf } from "../src/history/connector.ts";
import { Database, KEYED, KEYLESS } from "../src/history/database.ts";
import { type LifeOptions, Scene } from "./scene.ts";

const hash = await loadHash();

/** Two connectors that crash, lag and send again what they had sent. */
class Shop extends Scene {
  override readonly topics = [topicOf(KEYED), topicOf(KEYLESS)];

  constructor(seed: number) {
    super({ seed });
    const { random } = this;
    this.kafka.createTopic(topicOf(KEYED), 1 + random.below(3));
    this.kafka.createTopic(topicOf(KEYLESS), 1);
    const changes = Database.history(random.fork(), 4 + random.below(12));
    const connectors = ["a", "b"].map(
      (source) =>
        new Connector({ kafka: this.kafka, random: random.fork(), source, changes, now: () => this.scheduler.now }),
    );
    while (connectors.some(({ done }) => !done)) {
      const connector = random.pick([connectors[0], connectors[1]] as const);
      connector?.step();
      if (random.chance(0.05)) connector?.restart(random.below(8));
    }
  }

  /** Runs the pipeline for two minutes, with this many things that go wrong. */
  async run(faults: number, options: LifeOptions = {}): Promise<void> {
    const identity = debeziumIdentity({ sources: { header: SOURCE_HEADER } });
    const transforms = [dedup({ identity, keyStore: this.store, hash })];
    const commit = { minIntervalMs: 0, maxIntervalMs: 1 };
    const life = this.start("0", { transforms, commit, pollRecords: 1 + this.random.below(20), ...options });
    for (let i = 0; i < faults; i++) {
      this.faults.order(
        this.random.pick(["commit-abortable", "commit-answer-lost", "commit-request-lost", "commit-late"]),
      );
      await this.pass(this.random.below(5_000));
    }
    await this.pass(120_000);
    expect(life.ended).toBeUndefined();
    life.stop();
    await this.until(() => life.ended !== undefined);
  }

  get outputs(): readonly (readonly string[])[] {
    return this.topics.flatMap((topic) =>
      this.kafka.logsOf(`dedup.${topic}`).map(({ lane }) => this.output(`dedup.${topic}`, lane.partition)),
    );
  }
}

it("a replay of any history gives its output again, whole and in order, tombstones too", async () => {
  let emitted = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const shop = new Shop(seed);
    await shop.run(0);
    const once = shop.outputs;
    emitted += once.flat().length;
    await shop.run(new Random(seed).below(4), { replay: { from: "earliest" } });
    expect(shop.outputs, `seed ${seed}`).toEqual(once.map((values) => values.concat(values)));
  }
  expect(emitted).toBeGreaterThan(1_000);
});
